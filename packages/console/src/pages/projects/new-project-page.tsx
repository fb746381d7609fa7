import { useState, type SubmitEvent, type ReactNode } from 'react'
import { useLocation } from 'wouter'
import { createProject } from '../api/projects.ts'
import { checkAuth, toAuthFields, toChangedAuth, type AuthFields } from '../auth/auth-fields.ts'
import { AuthWizard } from '../auth/auth-wizard.tsx'
import { Button } from '../components/button.tsx'
import { TextField } from '../components/field.tsx'
import { ErrorNote } from '../components/notes.tsx'
import { useRole } from '../session/me.tsx'
import { NothingHere } from '../shell/nothing-here.tsx'
import { Card, Page } from '../shell/page.tsx'
import { workspaceHref } from '../shell/places.ts'
import { useIdempotencyKey } from '../shell/use-idempotency-key.tsx'
import { useTask } from '../shell/use-task.tsx'
import { ID_HINT, ID_PATTERN, idOf } from '../text/ids.ts'
import { workspaceKey } from '../workspaces/in-workspace.tsx'
import { HostsField } from './hosts-field.tsx'

interface Fields extends AuthFields {
  readonly name: string
  /** Null until somebody chooses one other than the name suggests. */
  readonly id: string | null
  readonly hosts: readonly string[]
}

const EMPTY: Fields = { ...toAuthFields({ mode: 'none' }), mode: 'jwt-jwks', name: '', id: null, hosts: [] }

export function NewProjectPage({ workspaceId }: { workspaceId: string }): ReactNode {
  const { mayChange } = useRole(workspaceId)
  return mayChange ? <NewProject workspaceId={workspaceId} /> : <NothingHere />
}

function NewProject({ workspaceId }: { workspaceId: string }): ReactNode {
  const [, navigate] = useLocation()
  const [fields, setFields] = useState(EMPTY)
  const idempotency = useIdempotencyKey()
  const projectId = fields.id ?? idOf(fields.name)
  const errors = checkAuth(fields)
  const [wasTried, setTried] = useState(false)
  const isComplete = fields.hosts.length > 0 && projectId !== '' && Object.keys(errors).length === 0
  const set = (changed: Partial<Fields>): void => {
    idempotency.renew()
    setFields((now) => ({ ...now, ...changed }))
  }
  const task = useTask({
    run: () => {
      const { hosts } = fields
      const project = { projectId, name: fields.name.trim(), hosts, auth: toChangedAuth(fields) }
      return createProject(workspaceId, project, idempotency.key())
    },
    refresh: [workspaceKey(workspaceId)],
    done: 'The project is made',
    onDone: () => navigate(workspaceHref(workspaceId, 'projects', projectId, 'auth')),
  })
  const submit = (event: SubmitEvent): void => {
    event.preventDefault()
    setTried(true)
    if (isComplete) task.start()
  }
  return (
    <Page title="New project" back={{ href: workspaceHref(workspaceId, 'projects'), title: 'Projects' }}>
      <form className="form" onSubmit={submit}>
        <Card title="What it is called, and where it is reached">
          <div className="pair">
            <TextField
              label="Name"
              required
              maxLength={200}
              placeholder="Shop"
              value={fields.name}
              onChange={(name) => set({ name })}
            />
            <TextField
              label="Id"
              required
              pattern={ID_PATTERN}
              className="mono"
              value={projectId}
              onChange={(id) => set({ id })}
              hint={ID_HINT}
            />
          </div>
          <HostsField hosts={fields.hosts} onChange={(hosts) => set({ hosts })} />
        </Card>
        <Card
          title="Who may connect"
          lead="You can change this at any time, and test a token as soon as it is saved."
        >
          <AuthWizard fields={fields} errors={errors} set={set} />
        </Card>
        {task.error !== null && <ErrorNote error={task.error} />}
        <footer className="form-actions">
          <Button type="submit" look="main" isBusy={task.isBusy}>
            Make the project
          </Button>
          {wasTried && !isComplete && (
            <span className="hint bad" role="alert">
              {missing(projectId, fields.hosts, errors)}
            </span>
          )}
        </footer>
      </form>
    </Page>
  )
}

/** The first thing that is still to be filled in. */
function missing(projectId: string, hosts: readonly string[], errors: ReturnType<typeof checkAuth>): string {
  if (projectId === '') return 'It needs a name.'
  if (hosts.length === 0) return 'It needs a host.'
  return Object.values(errors)[0] ?? ''
}
