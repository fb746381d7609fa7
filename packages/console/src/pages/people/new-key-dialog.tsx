import { useState, type SubmitEvent, type ReactNode } from 'react'
import { createKey, type NewApiKey } from '../api/keys.ts'
import type { Role } from '../api/members.ts'
import { Button } from '../components/button.tsx'
import { Dialog } from '../components/dialog.tsx'
import { SelectField, TextField } from '../components/field.tsx'
import { ErrorNote } from '../components/notes.tsx'
import { useIdempotencyKey } from '../shell/use-idempotency-key.tsx'
import { useTask } from '../shell/use-task.tsx'
import { ROLES } from './roles.ts'

type Life = 'never' | '30' | '90' | '365'

const LIVES: readonly (readonly [life: Life, title: string])[] = [
  ['30', 'In 30 days'],
  ['90', 'In 90 days'],
  ['365', 'In a year'],
  ['never', 'Never'],
]
const DAY_MS = 24 * 60 * 60 * 1000

interface NewKeyProps {
  workspaceId: string | null
  listKey: readonly (string | null)[]
  onMade: (key: NewApiKey) => void
  onClose: () => void
}

export function NewKeyDialog({ workspaceId, listKey, onMade, onClose }: NewKeyProps): ReactNode {
  const [fields, setFields] = useState({ name: '', role: 'viewer' as Role, life: '90' as Life })
  const idempotency = useIdempotencyKey()
  const set = (changed: Partial<typeof fields>): void => {
    idempotency.renew()
    setFields((now) => ({ ...now, ...changed }))
  }
  const task = useTask({
    run: () => {
      const { name, role, life } = fields
      const expiry =
        life === 'never' ? {} : { expiresAt: new Date(Date.now() + Number(life) * DAY_MS).toISOString() }
      return createKey(workspaceId, { name: name.trim(), role, ...expiry }, idempotency.key())
    },
    refresh: [listKey],
    onDone: (made) => {
      onClose()
      onMade(made)
    },
  })
  const submit = (event: SubmitEvent): void => {
    event.preventDefault()
    task.start()
  }
  return (
    <Dialog title="New API key" onClose={onClose}>
      <form className="form" onSubmit={submit}>
        <TextField
          label="Name"
          required
          maxLength={200}
          placeholder="Deployment"
          value={fields.name}
          onChange={(name) => set({ name })}
          hint="What uses it. In the audit log stands its beginning."
        />
        <SelectField label="Role" value={fields.role} options={ROLES} onChange={(role) => set({ role })} />
        <SelectField label="Expires" value={fields.life} options={LIVES} onChange={(life) => set({ life })} />
        {task.error !== null && <ErrorNote error={task.error} />}
        <footer className="dialog-actions">
          <Button onClick={onClose}>Cancel</Button>
          <Button type="submit" look="main" isBusy={task.isBusy}>
            Make the key
          </Button>
        </footer>
      </form>
    </Dialog>
  )
}
