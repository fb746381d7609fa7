import { useState, type SubmitEvent, type ReactNode } from 'react'
import { addSecret } from '../api/project-access.ts'
import type { Project } from '../api/projects.ts'
import type { Answer } from '../api/request.ts'
import { Button } from '../components/button.tsx'
import { ShownOnce } from '../components/copy.tsx'
import { Dialog } from '../components/dialog.tsx'
import { TextField } from '../components/field.tsx'
import { ErrorNote, Note } from '../components/notes.tsx'
import { projectKey } from '../projects/project-key.ts'
import { useIdempotencyKey } from '../shell/use-idempotency-key.tsx'
import { useTask } from '../shell/use-task.tsx'

/** Adds a secret: one that is made for it and shown once, or one that is there already. */
export function NewSecretDialog({
  answer,
  onClose,
}: {
  answer: Answer<Project>
  onClose: () => void
}): ReactNode {
  const { workspaceId, projectId } = answer.data
  const [own, setOwn] = useState('')
  const [made, setMade] = useState<string | null>(null)
  const idempotency = useIdempotencyKey()
  const task = useTask({
    run: () => addSecret(workspaceId, projectId, own === '' ? undefined : own, idempotency.key()),
    refresh: [projectKey(answer.data)],
    done: 'The secret is added',
    onDone: ({ secret }) => (secret === undefined ? onClose() : setMade(secret)),
  })
  const submit = (event: SubmitEvent): void => {
    event.preventDefault()
    task.start()
  }
  if (made !== null) {
    return (
      <Dialog title="The new secret" onClose={onClose} isSticky>
        <ShownOnce label="Secret" secret={made} />
        <Note look="warn">
          <p>It is shown this once. Give it to the server that signs your tokens before you close this.</p>
        </Note>
        <footer className="dialog-actions">
          <Button look="main" onClick={onClose}>
            I have kept it
          </Button>
        </footer>
      </Dialog>
    )
  }
  return (
    // What is being made is shown once: nobody closes this over it.
    <Dialog title="Add a secret" onClose={onClose} isSticky={task.isBusy}>
      <form className="form" onSubmit={submit}>
        <p className="prose">
          The present one stays good beside it, so nobody is cut off while your server changes over.
        </p>
        <TextField
          label="Your own (optional)"
          className="mono"
          minLength={32}
          maxLength={4096}
          value={own}
          onChange={(secret) => {
            idempotency.renew()
            setOwn(secret)
          }}
          hint="At least 32 bytes. Left empty, a strong one is made and shown once."
        />
        {task.error !== null && <ErrorNote error={task.error} />}
        <footer className="dialog-actions">
          <Button disabled={task.isBusy} onClick={onClose}>
            Cancel
          </Button>
          <Button type="submit" look="main" isBusy={task.isBusy}>
            {own === '' ? 'Make a secret' : 'Add this secret'}
          </Button>
        </footer>
      </form>
    </Dialog>
  )
}
