import { useState, type SubmitEvent, type ReactNode } from 'react'
import { useLocation } from 'wouter'
import { createWorkspace } from '../api/workspaces.ts'
import { Button } from '../components/button.tsx'
import { Dialog } from '../components/dialog.tsx'
import { TextField } from '../components/field.tsx'
import { ErrorNote } from '../components/notes.tsx'
import { workspaceHref } from '../shell/places.ts'
import { useIdempotencyKey } from '../shell/use-idempotency-key.tsx'
import { useTask } from '../shell/use-task.tsx'
import { idOf, ID_HINT, ID_PATTERN } from '../text/ids.ts'

export function NewWorkspaceDialog({ onClose }: { onClose: () => void }): ReactNode {
  const [, navigate] = useLocation()
  const [name, setName] = useState('')
  const [ownId, setId] = useState<string | null>(null)
  const idempotency = useIdempotencyKey()
  const workspaceId = ownId ?? idOf(name)
  const task = useTask({
    run: () => createWorkspace({ workspaceId, name: name.trim() }, idempotency.key()),
    refresh: [['workspaces'], ['session']],
    done: 'The workspace is made',
    onDone: () => navigate(workspaceHref(workspaceId)),
  })
  const submit = (event: SubmitEvent): void => {
    event.preventDefault()
    task.start()
  }
  const change = (set: () => void): void => {
    idempotency.renew()
    set()
  }
  return (
    <Dialog title="New workspace" onClose={onClose}>
      <form className="form" onSubmit={submit}>
        <TextField
          label="Name"
          required
          maxLength={200}
          placeholder="Acme"
          value={name}
          onChange={(value) => change(() => setName(value))}
        />
        <TextField
          label="Id"
          required
          pattern={ID_PATTERN}
          className="mono"
          value={workspaceId}
          onChange={(value) => change(() => setId(value))}
          hint={ID_HINT}
        />
        {task.error !== null && <ErrorNote error={task.error} />}
        <footer className="dialog-actions">
          <Button onClick={onClose}>Cancel</Button>
          <Button type="submit" look="main" isBusy={task.isBusy}>
            Make it
          </Button>
        </footer>
      </form>
    </Dialog>
  )
}
