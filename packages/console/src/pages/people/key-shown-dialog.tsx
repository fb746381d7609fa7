import type { ReactNode } from 'react'
import type { NewApiKey } from '../api/keys.ts'
import { Button } from '../components/button.tsx'
import { ShownOnce, Snippet } from '../components/copy.tsx'
import { Dialog } from '../components/dialog.tsx'
import { Note } from '../components/notes.tsx'
import { visible } from '../text/display.ts'

/** A key in the one moment in which it can be read. */
export function KeyShownDialog({ apiKey, onClose }: { apiKey: NewApiKey; onClose: () => void }): ReactNode {
  return (
    <Dialog title={visible(apiKey.name)} onClose={onClose} isSticky>
      <ShownOnce label="API key" secret={apiKey.key} />
      <Note look="warn">
        <p>It is shown this once. Keep it where you keep passwords.</p>
      </Note>
      <Snippet
        label="Try it"
        code={`curl ${location.origin}/api/me \\
  -H "Authorization: Bearer $PORTCULLIS_API_KEY"`}
      />
      <footer className="dialog-actions">
        <Button look="main" onClick={onClose}>
          I have kept it
        </Button>
      </footer>
    </Dialog>
  )
}
