import { useState, type SubmitEvent, type ReactNode } from 'react'
import { addMember, type Role } from '../api/members.ts'
import { Button } from '../components/button.tsx'
import { Dialog } from '../components/dialog.tsx'
import { SelectField, TextField } from '../components/field.tsx'
import { ErrorNote } from '../components/notes.tsx'
import { useIdempotencyKey } from '../shell/use-idempotency-key.tsx'
import { useTask } from '../shell/use-task.tsx'
import { ROLES } from './roles.ts'

type Kind = 'email' | 'user' | 'machine'

const KINDS: readonly (readonly [kind: Kind, title: string])[] = [
  ['email', 'A person, by e-mail address'],
  ['user', 'A person, by user id (sub)'],
  ['machine', 'A machine, by client id'],
]
const PLACEHOLDERS: Readonly<Record<Kind, string>> = {
  email: 'ann@example.com',
  user: '248289761001',
  machine: 'c_9f2c…',
}

interface NewMemberProps {
  workspaceId: string | null
  listKey: readonly (string | null)[]
  onClose: () => void
}

export function NewMemberDialog({ workspaceId, listKey, onClose }: NewMemberProps): ReactNode {
  const [fields, setFields] = useState({ kind: 'email' as Kind, id: '', name: '', role: 'viewer' as Role })
  const idempotency = useIdempotencyKey()
  const set = (changed: Partial<typeof fields>): void => {
    idempotency.renew()
    setFields((now) => ({ ...now, ...changed }))
  }
  const task = useTask({
    run: () => {
      const { kind, id, name, role } = fields
      const member = {
        subject: `${kind}:${id.trim()}`,
        role,
        ...(name.trim() !== '' && { name: name.trim() }),
      }
      return addMember(workspaceId, member, idempotency.key())
    },
    refresh: [listKey],
    done: 'Added',
    onDone: onClose,
  })
  const submit = (event: SubmitEvent): void => {
    event.preventDefault()
    task.start()
  }
  return (
    <Dialog title="Add somebody" onClose={onClose}>
      <form className="form" onSubmit={submit}>
        <SelectField label="Who" value={fields.kind} options={KINDS} onChange={(kind) => set({ kind })} />
        <TextField
          label={
            fields.kind === 'email' ? 'E-mail address' : fields.kind === 'user' ? 'User id' : 'Client id'
          }
          type={fields.kind === 'email' ? 'email' : 'text'}
          required
          maxLength={256}
          placeholder={PLACEHOLDERS[fields.kind]}
          value={fields.id}
          onChange={(id) => set({ id })}
          hint={fields.kind === 'email' ? 'It has to be verified by your identity provider.' : undefined}
        />
        <TextField
          label="Name (optional)"
          maxLength={200}
          value={fields.name}
          onChange={(name) => set({ name })}
        />
        <SelectField label="Role" value={fields.role} options={ROLES} onChange={(role) => set({ role })} />
        {task.error !== null && <ErrorNote error={task.error} />}
        <footer className="dialog-actions">
          <Button onClick={onClose}>Cancel</Button>
          <Button type="submit" look="main" isBusy={task.isBusy}>
            Add
          </Button>
        </footer>
      </form>
    </Dialog>
  )
}
