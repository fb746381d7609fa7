import { useQuery } from '@tanstack/react-query'
import { useState, type ReactNode } from 'react'
import { readMetrics } from '../api/metrics.ts'
import { listProjects } from '../api/projects.ts'
import { Waiting } from '../components/waiting.tsx'
import { ProjectFilter } from '../projects/project-filter.tsx'
import { Page } from '../shell/page.tsx'
import { useList } from '../shell/use-list.tsx'
import { visible } from '../text/display.ts'
import { useWorkspace, workspaceKey } from '../workspaces/in-workspace.tsx'
import { Charts } from './charts.tsx'
import { FirstSteps } from './first-steps.tsx'

const REFRESH_MS = 3000
const SPANS = [5, 15, 60] as const

export function OverviewPage({ workspaceId }: { workspaceId: string }): ReactNode {
  const workspace = useWorkspace(workspaceId).data?.data
  const [projectId, setProjectId] = useState('')
  const [minutes, setMinutes] = useState<number>(15)
  const key = workspaceKey(workspaceId)
  const projects = useList([...key, 'projects'], (after) => listProjects(workspaceId, after))
  const metrics = useQuery({
    queryKey: [...key, 'metrics', projectId, minutes],
    queryFn: () => readMetrics(workspaceId, { minutes, projectId }),
    refetchInterval: REFRESH_MS,
    placeholderData: (before) => before,
  })
  const points = metrics.data?.points
  return (
    <Page
      title={visible(workspace?.name ?? workspaceId)}
      lead="Everything that is connected right now, and how it is doing."
      actions={
        <>
          <ProjectFilter workspaceId={workspaceId} value={projectId} onChange={setProjectId} />
          <label className="inline-field">
            <span className="offscreen">Time span</span>
            <select value={minutes} onChange={({ target }) => setMinutes(Number(target.value))}>
              {SPANS.map((span) => (
                <option key={span} value={span}>
                  {span === 60 ? 'Last hour' : `Last ${span} minutes`}
                </option>
              ))}
            </select>
          </label>
        </>
      }
    >
      <FirstSteps workspaceId={workspaceId} projects={projects.items} points={points} />
      <Waiting on={points} error={metrics.error} retry={() => void metrics.refetch()} lines={6} />
      {points !== undefined && <Charts points={points} />}
    </Page>
  )
}
