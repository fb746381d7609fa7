import { useQuery } from '@tanstack/react-query'
import type { ReactNode } from 'react'
import { Link } from 'wouter'
import { ApiError } from '../api/problem.ts'
import { readProject, type Project } from '../api/projects.ts'
import type { Answer } from '../api/request.ts'
import { AuthPart } from '../auth/auth-part.tsx'
import { ErrorNote, Loading } from '../components/notes.tsx'
import { NothingHere } from '../shell/nothing-here.tsx'
import { Page } from '../shell/page.tsx'
import { workspaceHref } from '../shell/places.ts'
import { visible } from '../text/display.ts'
import { BlockedUsers } from './blocked-users.tsx'
import { GeneralPart } from './general-part.tsx'
import { LimitsPart } from './limits-part.tsx'
import { projectKey } from './project-key.ts'

interface ProjectPageProps {
  workspaceId: string
  projectId: string
  part: string
}

const PARTS = [
  ['', 'Name and hosts'],
  ['auth', 'Who may connect'],
  ['limits', 'Limits'],
  ['blocked', 'Blocked users'],
] as const

export function ProjectPage({ workspaceId, projectId, part }: ProjectPageProps): ReactNode {
  const { data, error, refetch } = useQuery({
    queryKey: projectKey({ workspaceId, projectId }),
    queryFn: () => readProject(workspaceId, projectId),
  })
  const back = { href: workspaceHref(workspaceId, 'projects'), title: 'Projects' }
  if (error instanceof ApiError && error.status === 404) return <NothingHere />
  if (PARTS.every(([known]) => known !== part)) return <NothingHere />
  if (data === undefined) {
    return (
      <Page title={visible(projectId)} back={back}>
        {error === null ? <Loading lines={5} /> : <ErrorNote error={error} onRetry={() => void refetch()} />}
      </Page>
    )
  }
  return (
    <Page
      title={visible(data.data.name)}
      back={back}
      lead={<code>{visible(projectId)}</code>}
      actions={
        <Link className="button" href={`${workspaceHref(workspaceId, 'sessions')}?project=${projectId}`}>
          Live sessions
        </Link>
      }
    >
      <nav className="tabs" aria-label="Parts of this project">
        {PARTS.map(([known, title]) => (
          <Link
            key={known}
            href={workspaceHref(workspaceId, 'projects', projectId, ...(known === '' ? [] : [known]))}
            aria-current={known === part ? 'page' : undefined}
          >
            {title}
          </Link>
        ))}
      </nav>
      <Part answer={data} part={part} />
    </Page>
  )
}

function Part({ answer, part }: { answer: Answer<Project>; part: string }): ReactNode {
  if (part === 'auth') return <AuthPart answer={answer} />
  if (part === 'limits') return <LimitsPart answer={answer} />
  if (part === 'blocked') return <BlockedUsers project={answer.data} />
  return <GeneralPart answer={answer} />
}
