import { useState, type ReactNode } from 'react'
import { Link } from 'wouter'
import { listWorkspaces, type Workspace } from '../api/workspaces.ts'
import { Badge } from '../components/badge.tsx'
import { Button } from '../components/button.tsx'
import { Snippet } from '../components/copy.tsx'
import { Icon } from '../components/icon.tsx'
import { Empty } from '../components/notes.tsx'
import { More } from '../components/table.tsx'
import { Time } from '../components/time.tsx'
import { Waiting } from '../components/waiting.tsx'
import { useMe } from '../session/me.tsx'
import { Page } from '../shell/page.tsx'
import { workspaceHref } from '../shell/places.ts'
import { useList } from '../shell/use-list.tsx'
import { visible } from '../text/display.ts'
import { NewWorkspaceDialog } from './new-workspace-dialog.tsx'

export function WorkspacesPage(): ReactNode {
  const me = useMe()
  const [isNew, setNew] = useState(false)
  const list = useList(['workspaces'], listWorkspaces)
  const mayCreate = me.operator === 'owner' || me.operator === 'admin'
  return (
    <Page
      title="Workspaces"
      lead="A workspace holds the projects of one team or tenant, apart from all others."
      actions={
        mayCreate && (
          <Button look="main" onClick={() => setNew(true)}>
            <Icon name="plus" />
            New workspace
          </Button>
        )
      }
    >
      <Waiting on={list.items} error={list.error} retry={list.retry} />
      {list.items?.length === 0 && <NoWorkspaces mayCreate={mayCreate} />}
      {list.items !== undefined && list.items.length > 0 && (
        <ul className="tiles">
          {list.items.map((workspace) => (
            <WorkspaceTile key={workspace.workspaceId} workspace={workspace} />
          ))}
        </ul>
      )}
      <More onMore={list.more} isBusy={list.isReadingMore} />
      {isNew && <NewWorkspaceDialog onClose={() => setNew(false)} />}
    </Page>
  )
}

function WorkspaceTile({ workspace }: { workspace: Workspace }): ReactNode {
  const { memberships, operator } = useMe()
  const role = memberships.find(({ workspaceId }) => workspaceId === workspace.workspaceId)?.role ?? operator
  return (
    <li>
      <Link className="tile" href={workspaceHref(workspace.workspaceId)}>
        <strong>{visible(workspace.name)}</strong>
        <code>{visible(workspace.workspaceId)}</code>
        <span className="tile-foot">
          {role !== null && <Badge>{role}</Badge>}
          <small>
            changed <Time at={workspace.updatedAt} />
          </small>
        </span>
      </Link>
    </li>
  )
}

function NoWorkspaces({ mayCreate }: { mayCreate: boolean }): ReactNode {
  if (!mayCreate) {
    return (
      <Empty icon="projects" title="You belong to no workspace yet">
        <p>Ask an owner of one to add you, or an operator to make one.</p>
      </Empty>
    )
  }
  return (
    <Empty icon="projects" title="Make your first workspace">
      <p>
        Projects, people and keys belong to a workspace, and so do the sessions and messages that pass
        through. One per team or customer is a good start. From a terminal it is:
      </p>
      <Snippet
        label="With an API key of an operator"
        code={`curl ${location.origin}/api/workspaces \\
  -H "Authorization: Bearer $PORTCULLIS_API_KEY" \\
  -H "Content-Type: application/json" \\
  -d '{"workspaceId": "acme", "name": "Acme"}'`}
      />
    </Empty>
  )
}
