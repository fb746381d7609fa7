import { useState, type ReactNode } from 'react'
import { useLocation } from 'wouter'
import type { Answer } from '../api/request.ts'
import { deleteWorkspace, readWorkspace, renameWorkspace, type Workspace } from '../api/workspaces.ts'
import { EditForm } from '../changes/edit-form.tsx'
import { useEdit } from '../changes/use-edit.tsx'
import { Button } from '../components/button.tsx'
import { Confirm } from '../components/confirm.tsx'
import { TextField } from '../components/field.tsx'
import { Loading } from '../components/notes.tsx'
import { useRole } from '../session/me.tsx'
import { Card, Page } from '../shell/page.tsx'
import { useTask } from '../shell/use-task.tsx'
import { visible } from '../text/display.ts'
import { useWorkspace, workspaceKey } from './in-workspace.tsx'

export function SettingsPage({ workspaceId }: { workspaceId: string }): ReactNode {
  const { data } = useWorkspace(workspaceId)
  const { mayOwn } = useRole(workspaceId)
  return (
    <Page title="Settings" lead="What this workspace is called, and its end.">
      {data === undefined ? (
        <Loading />
      ) : (
        <>
          <Name answer={data} mayOwn={mayOwn} />
          {mayOwn && <Deletion answer={data} />}
        </>
      )}
    </Page>
  )
}

function Name({ answer, mayOwn }: { answer: Answer<Workspace>; mayOwn: boolean }): ReactNode {
  const { workspaceId } = answer.data
  const edit = useEdit({
    answer,
    queryKey: [...workspaceKey(workspaceId), 'itself'],
    toFields: ({ name }: Workspace) => ({ name }),
    toChanges: ({ name }) => ({ name: name.trim() }),
    read: () => readWorkspace(workspaceId),
    refresh: [['workspaces']],
    update: (changes, etag) => renameWorkspace(workspaceId, changes, etag),
  })
  return (
    <Card title="Name">
      <EditForm edit={edit as never} mayChange={mayOwn}>
        <TextField
          label="Name"
          required
          maxLength={200}
          value={edit.fields.name}
          onChange={(name) => edit.set({ name })}
          hint={
            <>
              Its id stays <code>{visible(workspaceId)}</code>.
            </>
          }
        />
      </EditForm>
    </Card>
  )
}

function Deletion({ answer }: { answer: Answer<Workspace> }): ReactNode {
  const { workspaceId, name } = answer.data
  const [, navigate] = useLocation()
  const [isAsking, setAsking] = useState(false)
  const task = useTask({
    run: () => deleteWorkspace(workspaceId, answer.etag),
    refresh: [['workspaces'], ['session'], workspaceKey(workspaceId)],
    done: 'The workspace is deleted',
    onDone: () => navigate('/'),
  })
  return (
    <Card
      title="Delete this workspace"
      lead="Only without projects: delete those first, so that no session is cut by surprise."
    >
      <Button look="danger" onClick={() => setAsking(true)}>
        Delete workspace
      </Button>
      {isAsking && (
        <Confirm
          title={`Delete ${visible(name)}?`}
          action="Delete workspace"
          isBusy={task.isBusy}
          error={task.error}
          onConfirm={() => task.start()}
          onClose={() => setAsking(false)}
        >
          <p>Its members lose access and its API keys stop working at once. The audit log stays.</p>
        </Confirm>
      )}
    </Card>
  )
}
