import { useQueryClient } from '@tanstack/react-query'
import type { ReactNode } from 'react'
import { Link, useLocation } from 'wouter'
import { signOut } from '../api/session.ts'
import { listWorkspaces } from '../api/workspaces.ts'
import { Icon } from '../components/icon.tsx'
import { startOver } from '../session/use-session.tsx'
import { useMe } from '../session/me.tsx'
import { visible } from '../text/display.ts'
import { Logo } from './logo.tsx'
import { isWithin, OPERATOR_PLACES, workspaceHref, workspacePlaces, type Place } from './places.ts'
import { ThemeSwitch } from './theme-switch.tsx'
import { useList } from './use-list.tsx'
import { useTask } from './use-task.tsx'

/** Where one can go. */
export function Navigation({
  workspaceId,
  onEscape,
}: {
  workspaceId: string | null
  onEscape: () => void
}): ReactNode {
  const me = useMe()
  return (
    <nav
      id="navigation"
      className="sidebar"
      aria-label="Pages"
      onKeyDown={(event) => {
        if (event.key === 'Escape') onEscape()
      }}
    >
      <Link className="brand" href="/">
        <Logo />
        <span>Portcullis</span>
      </Link>
      <WorkspaceSwitch workspaceId={workspaceId} />
      {workspaceId !== null && <Places places={workspacePlaces(workspaceId)} />}
      {me.operator !== null && <Places title="Installation" places={OPERATOR_PLACES} />}
      <a className="to-docs" href="/docs">
        API reference
      </a>
      <Account />
    </nav>
  )
}

function Places({ title, places }: { title?: string; places: readonly Place[] }): ReactNode {
  const [path] = useLocation()
  return (
    <div className="places">
      {title !== undefined && <h2>{title}</h2>}
      <ul>
        {places.map((place) => (
          <li key={place.href}>
            <Link href={place.href} aria-current={isWithin(path, place) ? 'page' : undefined}>
              <Icon name={place.icon} />
              {place.title}
            </Link>
          </li>
        ))}
      </ul>
    </div>
  )
}

function WorkspaceSwitch({ workspaceId }: { workspaceId: string | null }): ReactNode {
  const [, navigate] = useLocation()
  const { items = [] } = useList(['workspaces'], listWorkspaces)
  const isListed = items.some((workspace) => workspace.workspaceId === workspaceId)
  return (
    <label className="switch">
      <span>Workspace</span>
      <select
        value={workspaceId ?? ''}
        onChange={({ target }) => navigate(target.value === '' ? '/' : workspaceHref(target.value))}
      >
        <option value="">All workspaces</option>
        {workspaceId !== null && !isListed && <option value={workspaceId}>{visible(workspaceId)}</option>}
        {items.map((workspace) => (
          <option key={workspace.workspaceId} value={workspace.workspaceId}>
            {visible(workspace.name)}
          </option>
        ))}
      </select>
    </label>
  )
}

function Account(): ReactNode {
  const me = useMe()
  const queries = useQueryClient()
  const task = useTask({
    run: signOut,
    onDone: () => startOver(queries),
  })
  return (
    <footer className="account">
      <p title={visible(me.name)}>
        <strong>{visible(me.name)}</strong>
        <small>{me.operator === null ? 'Member' : 'Operator'}</small>
      </p>
      <ThemeSwitch />
      <button
        type="button"
        className="button quiet icon-only"
        aria-label="Sign out"
        title="Sign out"
        disabled={task.isBusy}
        onClick={() => task.start()}
      >
        <Icon name="leave" />
      </button>
    </footer>
  )
}
