import { useDeferredValue, useState, type ReactNode } from 'react'
import { useSearchParams } from 'wouter'
import { listProjects } from '../api/projects.ts'
import { listSessions, type LiveSession } from '../api/live-sessions.ts'
import { Snippet } from '../components/copy.tsx'
import { Empty } from '../components/notes.tsx'
import { More, Table } from '../components/table.tsx'
import { Waiting } from '../components/waiting.tsx'
import { ProjectFilter } from '../projects/project-filter.tsx'
import { useRole } from '../session/me.tsx'
import { Page } from '../shell/page.tsx'
import { useList } from '../shell/use-list.tsx'
import { count } from '../text/format.ts'
import { connectSnippet } from '../text/snippets.ts'
import { workspaceKey } from '../workspaces/in-workspace.tsx'
import { Disconnect } from './disconnect.tsx'
import { sessionColumns } from './session-columns.tsx'

const REFRESH_MS = 2000

export function SessionsPage({ workspaceId }: { workspaceId: string }): ReactNode {
  const { mayChange } = useRole(workspaceId)
  const [search, setSearch] = useSearchParams()
  const projectId = search.get('project') ?? ''
  const [user, setUser] = useState(search.get('user') ?? '')
  const userId = useDeferredValue(user.trim())
  const [ending, setEnding] = useState<LiveSession | null>(null)
  const key = [...workspaceKey(workspaceId), 'sessions']
  const list = useList(
    [...key, projectId, userId],
    (after) => listSessions(workspaceId, { projectId, userId }, after),
    { refetchMs: REFRESH_MS },
  )
  const { items } = list
  return (
    <Page
      title="Live sessions"
      lead="Every connection on every gateway, as of a second or two ago."
      actions={
        <>
          <ProjectFilter
            workspaceId={workspaceId}
            value={projectId}
            onChange={(id) => setSearch(id === '' ? {} : { project: id }, { replace: true })}
          />
          <label className="inline-field">
            <span className="offscreen">User</span>
            <input
              type="search"
              placeholder="User id, exactly"
              autoComplete="off"
              autoCapitalize="off"
              spellCheck={false}
              value={user}
              onChange={({ target }) => setUser(target.value)}
            />
          </label>
        </>
      }
    >
      <Waiting on={list.items} error={list.error} retry={list.retry} lines={5} />
      {items?.length === 0 && (
        <Nobody workspaceId={workspaceId} isFiltered={projectId !== '' || userId !== ''} />
      )}
      {items !== undefined && items.length > 0 && (
        <>
          <p className="live" role="status">
            <span className="pulse" /> {count(items.length, 'session')}
            {list.hasRest && ' and more'}
          </p>
          <Table
            label="Live sessions"
            rows={items}
            keyOf={({ sessionId }) => sessionId}
            columns={sessionColumns(mayChange ? setEnding : null)}
          />
        </>
      )}
      <More onMore={list.more} isBusy={list.isReadingMore} />
      {ending !== null && <Disconnect session={ending} listKey={key} onClose={() => setEnding(null)} />}
    </Page>
  )
}

function Nobody({ workspaceId, isFiltered }: { workspaceId: string; isFiltered: boolean }): ReactNode {
  const { items = [] } = useList([...workspaceKey(workspaceId), 'projects'], (after) =>
    listProjects(workspaceId, after),
  )
  const [project] = items
  if (isFiltered) {
    return (
      <Empty icon="sessions" title="Nobody matches">
        <p>No open session of this project and user. This page keeps looking.</p>
      </Empty>
    )
  }
  return (
    <Empty icon="sessions" title="Nobody is connected">
      <p>Leave this page open and connect a client: it appears here by itself.</p>
      {project !== undefined && (
        <Snippet label="After npm install @portcullis/client" code={connectSnippet(project)} />
      )}
    </Empty>
  )
}
