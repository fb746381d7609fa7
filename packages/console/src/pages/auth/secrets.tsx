import { useState, type ReactNode } from 'react'
import { removeSecret } from '../api/project-access.ts'
import type { Project, ProjectSecret } from '../api/projects.ts'
import type { Answer } from '../api/request.ts'
import { Badge } from '../components/badge.tsx'
import { Button } from '../components/button.tsx'
import { Confirm } from '../components/confirm.tsx'
import { Note } from '../components/notes.tsx'
import { Table } from '../components/table.tsx'
import { Time } from '../components/time.tsx'
import { projectKey } from '../projects/project-key.ts'
import { useRole } from '../session/me.tsx'
import { Card } from '../shell/page.tsx'
import { useTask } from '../shell/use-task.tsx'
import { NewSecretDialog } from './new-secret-dialog.tsx'

/** As many as a project may have: the one in use, and the one it is replaced by. */
const MOST = 2

interface SecretsProps {
  answer: Answer<Project>
  /** Newest first. */
  secrets: readonly ProjectSecret[]
}

/** The secrets of a project, by id: what they are is not to be read. */
export function Secrets({ answer, secrets }: SecretsProps): ReactNode {
  const { mayChange } = useRole(answer.data.workspaceId)
  const [isNew, setNew] = useState(false)
  const [removing, setRemoving] = useState<string | null>(null)
  const mayAdd = mayChange && secrets.length < MOST
  return (
    <Card
      title="Secrets"
      lead="What your server signs tokens with. Encrypted where they are stored, and never shown again."
      actions={
        mayAdd && <Button onClick={() => setNew(true)}>{secrets.length === 0 ? 'Add' : 'Rotate'}</Button>
      }
    >
      <Table
        label="Secrets"
        rows={secrets}
        keyOf={({ secretId }) => secretId}
        columns={[
          {
            title: 'Secret',
            isHead: true,
            cell: ({ secretId }: ProjectSecret) => (
              <>
                <code>{secretId}</code>{' '}
                {secrets.length > 1 && secretId === secrets[0]?.secretId && <Badge look="accent">new</Badge>}
              </>
            ),
          },
          { title: 'Added', cell: ({ createdAt }) => <Time at={createdAt} /> },
          {
            title: 'Actions',
            isActions: true,
            cell: ({ secretId }) =>
              mayChange &&
              secrets.length > 1 && <Button onClick={() => setRemoving(secretId)}>Remove</Button>,
          },
        ]}
      />
      {secrets.length > 1 && (
        <Note>
          <p>
            Tokens of both are good. Let your server sign with the new one, wait until the last token of the
            old one has expired, then remove that.
          </p>
        </Note>
      )}
      {isNew && <NewSecretDialog answer={answer} onClose={() => setNew(false)} />}
      {removing !== null && <Removal answer={answer} secretId={removing} onClose={() => setRemoving(null)} />}
    </Card>
  )
}

function Removal({
  answer,
  secretId,
  onClose,
}: {
  answer: Answer<Project>
  secretId: string
  onClose: () => void
}): ReactNode {
  const { workspaceId, projectId } = answer.data
  const task = useTask({
    run: () => removeSecret(workspaceId, projectId, secretId),
    refresh: [projectKey(answer.data)],
    done: 'The secret is removed',
    onDone: onClose,
  })
  return (
    <Confirm
      title="Remove this secret?"
      action="Remove secret"
      isBusy={task.isBusy}
      error={task.error}
      onConfirm={() => task.start()}
      onClose={onClose}
    >
      <p>
        Tokens signed with <code>{secretId}</code> are refused from now on, and sessions that came in with one
        end.
      </p>
    </Confirm>
  )
}
