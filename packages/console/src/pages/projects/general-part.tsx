import { useState, type ReactNode } from 'react'
import { useLocation } from 'wouter'
import { deleteProject, type Project } from '../api/projects.ts'
import type { Answer } from '../api/request.ts'
import { EditForm } from '../changes/edit-form.tsx'
import { Button } from '../components/button.tsx'
import { Confirm } from '../components/confirm.tsx'
import { Snippet } from '../components/copy.tsx'
import { TextField } from '../components/field.tsx'
import { useRole } from '../session/me.tsx'
import { Card } from '../shell/page.tsx'
import { workspaceHref } from '../shell/places.ts'
import { useTask } from '../shell/use-task.tsx'
import { visible } from '../text/display.ts'
import { connectSnippet } from '../text/snippets.ts'
import { workspaceKey } from '../workspaces/in-workspace.tsx'
import { HostsField } from './hosts-field.tsx'
import { useProjectEdit } from './use-project-edit.tsx'

const toFields = ({ name, hosts }: Project): Pick<Project, 'name' | 'hosts'> => ({ name, hosts })

/** What a project is called, where it is reached, and its end. */
export function GeneralPart({ answer }: { answer: Answer<Project> }): ReactNode {
  const { mayChange } = useRole(answer.data.workspaceId)
  const edit = useProjectEdit(answer, toFields, ({ name, hosts }) => ({ name: name.trim(), hosts }))
  return (
    <>
      <Card
        title="Name and hosts"
        lead="A host that is taken away closes the sessions that came in by it, within a second."
      >
        <EditForm edit={edit as never} mayChange={mayChange} isInvalid={edit.fields.hosts.length === 0}>
          <TextField
            label="Name"
            required
            maxLength={200}
            value={edit.fields.name}
            onChange={(name) => edit.set({ name })}
          />
          <HostsField hosts={edit.fields.hosts} onChange={(hosts) => edit.set({ hosts })} />
        </EditForm>
      </Card>
      <Card title="Connect a client">
        <Snippet
          label="In a page or in Node, after npm install @portcullis/client"
          code={connectSnippet(answer.data)}
        />
      </Card>
      {mayChange && <Deletion answer={answer} />}
    </>
  )
}

function Deletion({ answer }: { answer: Answer<Project> }): ReactNode {
  const { workspaceId, projectId, name } = answer.data
  const [, navigate] = useLocation()
  const [isAsking, setAsking] = useState(false)
  const task = useTask({
    run: () => deleteProject(workspaceId, projectId, answer.etag),
    done: 'The project is deleted',
    refresh: [[...workspaceKey(workspaceId), 'projects']],
    onDone: () => navigate(workspaceHref(workspaceId, 'projects')),
  })
  return (
    <Card title="Delete this project" lead="Closes all of its sessions and frees its hosts.">
      <Button look="danger" onClick={() => setAsking(true)}>
        Delete project
      </Button>
      {isAsking && (
        <Confirm
          title={`Delete ${visible(name)}?`}
          action="Delete project"
          isBusy={task.isBusy}
          error={task.error}
          onConfirm={() => task.start()}
          onClose={() => setAsking(false)}
        >
          <p>Everybody who is connected is disconnected. Its secrets are gone for good.</p>
        </Confirm>
      )}
    </Card>
  )
}
