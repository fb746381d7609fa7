import type { ReactNode } from 'react'
import { Link } from 'wouter'
import type { MetricPoint } from '../api/metrics.ts'
import type { Project } from '../api/projects.ts'
import { Snippet } from '../components/copy.tsx'
import { Icon } from '../components/icon.tsx'
import { useRole } from '../session/me.tsx'
import { Card } from '../shell/page.tsx'
import { workspaceHref } from '../shell/places.ts'
import { connectSnippet } from '../text/snippets.ts'

interface FirstStepsProps {
  workspaceId: string
  projects: readonly Project[] | undefined
  points: readonly MetricPoint[] | undefined
}

const DAY_MS = 24 * 60 * 60 * 1000

/** Until something has connected: what to do next. Who has had projects for a day knows. */
export function FirstSteps({ workspaceId, projects, points }: FirstStepsProps): ReactNode {
  const { mayChange } = useRole(workspaceId)
  if (projects === undefined || points === undefined) return null
  const hasConnected = points.some(
    ({ connections, receivedPerSecond }) => connections > 0 || receivedPerSecond > 0,
  )
  const isNew = projects.every(({ createdAt }) => Date.now() - Date.parse(createdAt) < DAY_MS)
  if (hasConnected || !isNew) return null
  const [project] = projects
  return (
    <Card title={project === undefined ? 'Three steps to the first message' : 'Two steps to go'}>
      <ol className="steps">
        <Step isDone={project !== undefined} title="Make a project">
          {project === undefined && (
            <>
              <p>It owns the host names that clients connect to, and says who may.</p>
              {mayChange ? (
                <Link className="button main" href={workspaceHref(workspaceId, 'new-project')}>
                  <Icon name="plus" />
                  New project
                </Link>
              ) : (
                <p>Ask an admin or owner of this workspace to make one.</p>
              )}
            </>
          )}
        </Step>
        <Step isDone={false} title="Connect a client">
          {project !== undefined && (
            <Snippet
              label="In a page or in Node, after npm install @portcullis/client"
              code={connectSnippet(project)}
            />
          )}
        </Step>
        <Step isDone={false} title="Watch it here">
          <p>
            It stands under <Link href={workspaceHref(workspaceId, 'sessions')}>live sessions</Link> within a
            second or two, and the charts below begin to move.
          </p>
        </Step>
      </ol>
    </Card>
  )
}

function Step({
  isDone,
  title,
  children,
}: {
  isDone: boolean
  title: string
  children: ReactNode
}): ReactNode {
  return (
    <li className={isDone ? 'done' : undefined}>
      <h3>
        {title}
        {isDone && <span className="offscreen"> (done)</span>}
      </h3>
      {children}
    </li>
  )
}
