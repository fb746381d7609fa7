import { useState, type SubmitEvent, type ReactNode } from 'react'
import { blockUser, listBlocked, unblockUser, type BlockedUser } from '../api/project-access.ts'
import type { Project } from '../api/projects.ts'
import { Button } from '../components/button.tsx'
import { TextField } from '../components/field.tsx'
import { Empty, ErrorNote } from '../components/notes.tsx'
import { More, Table } from '../components/table.tsx'
import { Time } from '../components/time.tsx'
import { Waiting } from '../components/waiting.tsx'
import { useRole } from '../session/me.tsx'
import { Card } from '../shell/page.tsx'
import { useList } from '../shell/use-list.tsx'
import { useTask } from '../shell/use-task.tsx'
import { visible } from '../text/display.ts'
import { projectKey } from './project-key.ts'

/** Who is kept out of a project, whatever token they bring. */
export function BlockedUsers({ project }: { project: Project }): ReactNode {
  const { workspaceId, projectId } = project
  const { mayChange } = useRole(workspaceId)
  const key = [...projectKey(project), 'blocked']
  const list = useList(key, (after) => listBlocked(workspaceId, projectId, after))
  const unblock = useTask({
    run: (userId: string) => unblockUser(workspaceId, projectId, userId),
    refresh: [key],
    done: 'Unblocked',
  })
  return (
    <Card title="Blocked users" lead="Their sessions end within a second, and no token lets them in again.">
      {mayChange && <BlockForm project={project} listKey={key} />}
      {unblock.error !== null && <ErrorNote error={unblock.error} />}
      <Waiting on={list.items} error={list.error} retry={list.retry} />
      {list.items?.length === 0 && (
        <Empty icon="people" title="Nobody is blocked">
          <p>
            A user is what stands as sub in the token. You find it in the list of live sessions, where you can
            block somebody as well.
          </p>
        </Empty>
      )}
      {list.items !== undefined && list.items.length > 0 && (
        <Table
          label="Blocked users"
          rows={list.items}
          keyOf={({ userId }) => userId}
          columns={[
            {
              title: 'User',
              isHead: true,
              cell: ({ userId }: BlockedUser) => <code>{visible(userId)}</code>,
            },
            { title: 'Reason', cell: ({ reason }) => visible(reason ?? '') || '–' },
            { title: 'Since', cell: ({ blockedAt }) => <Time at={blockedAt} /> },
            {
              title: 'Actions',
              isActions: true,
              cell: ({ userId }) =>
                mayChange && (
                  <Button
                    isBusy={unblock.isBusy && unblock.input === userId}
                    onClick={() => unblock.start(userId)}
                  >
                    Unblock
                  </Button>
                ),
            },
          ]}
        />
      )}
      <More onMore={list.more} isBusy={list.isReadingMore} />
    </Card>
  )
}

function BlockForm({ project, listKey }: { project: Project; listKey: readonly string[] }): ReactNode {
  const [userId, setUserId] = useState('')
  const [reason, setReason] = useState('')
  const task = useTask({
    run: () =>
      blockUser(project.workspaceId, project.projectId, {
        userId: userId.trim(),
        ...(reason.trim() !== '' && { reason: reason.trim() }),
      }),
    refresh: [listKey],
    done: 'Blocked',
    onDone: () => {
      setUserId('')
      setReason('')
    },
  })
  const submit = (event: SubmitEvent): void => {
    event.preventDefault()
    task.start()
  }
  return (
    <form className="form row-form" onSubmit={submit}>
      <TextField label="User" required maxLength={256} value={userId} onChange={setUserId} />
      <TextField label="Reason (optional)" maxLength={200} value={reason} onChange={setReason} />
      <Button type="submit" isBusy={task.isBusy}>
        Block
      </Button>
      {task.error !== null && <ErrorNote error={task.error} />}
    </form>
  )
}
