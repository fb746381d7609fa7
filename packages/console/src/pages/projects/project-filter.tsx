import type { ReactNode } from 'react'
import { listProjects } from '../api/projects.ts'
import { useList } from '../shell/use-list.tsx'
import { visible } from '../text/display.ts'
import { workspaceKey } from '../workspaces/in-workspace.tsx'

/** Narrows what a page shows to one project; empty is all of them. */
export function ProjectFilter({
  workspaceId,
  value,
  onChange,
}: {
  workspaceId: string
  value: string
  onChange: (projectId: string) => void
}): ReactNode {
  const { items = [] } = useList([...workspaceKey(workspaceId), 'projects'], (after) =>
    listProjects(workspaceId, after),
  )
  const isListed = value === '' || items.some(({ projectId }) => projectId === value)
  return (
    <label className="inline-field">
      <span className="offscreen">Project</span>
      <select value={value} onChange={({ target }) => onChange(target.value)}>
        <option value="">All projects</option>
        {!isListed && <option value={value}>{visible(value)}</option>}
        {items.map(({ projectId, name }) => (
          <option key={projectId} value={projectId}>
            {visible(name)}
          </option>
        ))}
      </select>
    </label>
  )
}
