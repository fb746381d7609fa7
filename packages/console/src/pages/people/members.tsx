import { useState, type ReactNode } from 'react'
import { changeRole, listMembers, removeMember, type Member, type Role } from '../api/members.ts'
import { Badge } from '../components/badge.tsx'
import { Button } from '../components/button.tsx'
import { Confirm } from '../components/confirm.tsx'
import { Empty, ErrorNote } from '../components/notes.tsx'
import { More, Table } from '../components/table.tsx'
import { Waiting } from '../components/waiting.tsx'
import { Card } from '../shell/page.tsx'
import { useList } from '../shell/use-list.tsx'
import { useTask } from '../shell/use-task.tsx'
import { visible } from '../text/display.ts'
import { NewMemberDialog } from './new-member-dialog.tsx'
import { ROLES } from './roles.ts'
import { subjectText } from './subjects.ts'

interface PeopleProps {
  workspaceId: string | null
  mayOwn: boolean
}

export function Members({ workspaceId, mayOwn }: PeopleProps): ReactNode {
  const key = ['members', workspaceId]
  const [isNew, setNew] = useState(false)
  const [leaving, setLeaving] = useState<Member | null>(null)
  const list = useList(key, (after) => listMembers(workspaceId, after))
  const role = useTask({
    run: ({ member, to }: { member: Member; to: Role }) => changeRole(workspaceId, member.memberId, to),
    refresh: [key, ['session']],
    done: 'The role is changed',
  })
  const { items } = list
  return (
    <Card
      title="People and machines"
      lead="Known by what their identity provider, or this installation, says of them."
      actions={mayOwn && <Button onClick={() => setNew(true)}>Add</Button>}
    >
      {role.error !== null && <ErrorNote error={role.error} />}
      <Waiting on={list.items} error={list.error} retry={list.retry} />
      {items?.length === 0 && (
        <Empty icon="people" title="Nobody yet">
          <p>API keys work without anybody here. Add people once you sign in with an identity provider.</p>
        </Empty>
      )}
      {items !== undefined && items.length > 0 && (
        <Table
          label="Members"
          rows={items}
          keyOf={({ memberId }) => memberId}
          columns={[
            {
              title: 'Who',
              isHead: true,
              cell: (member: Member) => (
                <span className="two-lines">
                  <strong>{visible(member.name)}</strong>
                  <small>
                    {subjectText(member.subject).kind}{' '}
                    <code>{visible(subjectText(member.subject).name)}</code>
                  </small>
                </span>
              ),
            },
            {
              title: 'Role',
              cell: (member) =>
                mayOwn ? (
                  <select
                    aria-label={`Role of ${visible(member.name)}`}
                    value={member.role}
                    disabled={role.isBusy}
                    onChange={({ target }) => role.start({ member, to: target.value as Role })}
                  >
                    {ROLES.map(([value, title]) => (
                      <option key={value} value={value}>
                        {title}
                      </option>
                    ))}
                  </select>
                ) : (
                  <Badge>{member.role}</Badge>
                ),
            },
            {
              title: 'Actions',
              isActions: true,
              cell: (member) => mayOwn && <Button onClick={() => setLeaving(member)}>Remove</Button>,
            },
          ]}
        />
      )}
      <More onMore={list.more} isBusy={list.isReadingMore} />
      {isNew && <NewMemberDialog workspaceId={workspaceId} listKey={key} onClose={() => setNew(false)} />}
      {leaving !== null && (
        <Removal workspaceId={workspaceId} member={leaving} listKey={key} onClose={() => setLeaving(null)} />
      )}
    </Card>
  )
}

interface RemovalProps {
  workspaceId: string | null
  member: Member
  listKey: readonly (string | null)[]
  onClose: () => void
}

function Removal({ workspaceId, member, listKey, onClose }: RemovalProps): ReactNode {
  const task = useTask({
    run: () => removeMember(workspaceId, member.memberId),
    refresh: [listKey, ['session']],
    done: 'Removed',
    onDone: onClose,
  })
  return (
    <Confirm
      title={`Remove ${visible(member.name)}?`}
      action="Remove"
      isBusy={task.isBusy}
      error={task.error}
      onConfirm={() => task.start()}
      onClose={onClose}
    >
      <p>They lose access at once. API keys stay: revoke those of theirs below.</p>
    </Confirm>
  )
}
