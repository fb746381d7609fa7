import type { ReactNode } from 'react'
import { Link } from 'wouter'
import { listProjects, type Project } from '../api/projects.ts'
import { AUTH_MODES } from '../auth/auth-modes.ts'
import { Badge } from '../components/badge.tsx'
import { Snippet } from '../components/copy.tsx'
import { Icon } from '../components/icon.tsx'
import { Empty } from '../components/notes.tsx'
import { More, Table, type Column } from '../components/table.tsx'
import { Time } from '../components/time.tsx'
import { Waiting } from '../components/waiting.tsx'
import { useRole } from '../session/me.tsx'
import { Page } from '../shell/page.tsx'
import { workspaceHref } from '../shell/places.ts'
import { useList } from '../shell/use-list.tsx'
import { visible } from '../text/display.ts'
import { count } from '../text/format.ts'
import { workspaceKey } from '../workspaces/in-workspace.tsx'

export function ProjectsPage({ workspaceId }: { workspaceId: string }): ReactNode {
  const { mayChange } = useRole(workspaceId)
  const list = useList([...workspaceKey(workspaceId), 'projects'], (after) =>
    listProjects(workspaceId, after),
  )
  return (
    <Page
      title="Projects"
      lead="A project owns the hosts that clients connect to, and decides who may."
      actions={
        mayChange && (
          <Link className="button main" href={workspaceHref(workspaceId, 'new-project')}>
            <Icon name="plus" />
            New project
          </Link>
        )
      }
    >
      <Waiting on={list.items} error={list.error} retry={list.retry} />
      {list.items?.length === 0 && <NoProjects workspaceId={workspaceId} mayChange={mayChange} />}
      {list.items !== undefined && list.items.length > 0 && (
        <Table
          label="Projects"
          rows={list.items}
          keyOf={({ projectId }) => projectId}
          columns={columns(workspaceId)}
        />
      )}
      <More onMore={list.more} isBusy={list.isReadingMore} />
    </Page>
  )
}

function columns(workspaceId: string): readonly Column<Project>[] {
  return [
    {
      title: 'Project',
      isHead: true,
      cell: ({ projectId, name }) => (
        <Link className="row-link" href={workspaceHref(workspaceId, 'projects', projectId)}>
          <strong>{visible(name)}</strong>
          <code>{visible(projectId)}</code>
        </Link>
      ),
    },
    { title: 'Hosts', cell: ({ hosts }) => <Hosts hosts={hosts} /> },
    { title: 'Who may connect', cell: ({ auth }) => <Badge>{AUTH_MODES[auth.mode].short}</Badge> },
    { title: 'Changed', cell: ({ updatedAt }) => <Time at={updatedAt} /> },
  ]
}

function Hosts({ hosts }: { hosts: readonly string[] }): ReactNode {
  return (
    <span className="hosts">
      <code>{visible(hosts[0] ?? '')}</code>
      {hosts.length > 1 && <small>and {count(hosts.length - 1, 'other')}</small>}
    </span>
  )
}

function NoProjects({ workspaceId, mayChange }: { workspaceId: string; mayChange: boolean }): ReactNode {
  if (!mayChange) {
    return (
      <Empty icon="projects" title="No project yet">
        <p>
          Clients connect to a host name, and the host name leads to a project. Admins and owners make one.
        </p>
      </Empty>
    )
  }
  return (
    <Empty icon="projects" title="No project yet">
      <p>
        Clients connect to a host name, and the host name leads to a project. Make one with the button above,
        or from a terminal:
      </p>
      <Snippet
        label="A project that lets everybody in, for a start"
        code={`curl ${location.origin}/api/workspaces/${workspaceId}/projects \\
  -H "Authorization: Bearer $PORTCULLIS_API_KEY" \\
  -H "Content-Type: application/json" \\
  -d '{"projectId": "lobby", "hosts": ["localhost"], "auth": {"mode": "none"}}'`}
      />
    </Empty>
  )
}
