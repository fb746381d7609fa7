import { useQuery, type UseQueryResult } from '@tanstack/react-query'
import type { ReactNode } from 'react'
import { ApiError } from '../api/problem.ts'
import type { Answer } from '../api/request.ts'
import { readWorkspace, type Workspace } from '../api/workspaces.ts'
import { ErrorNote, Loading } from '../components/notes.tsx'
import { NothingHere } from '../shell/nothing-here.tsx'
import { Page } from '../shell/page.tsx'

export const workspaceKey = (workspaceId: string): readonly string[] => ['workspace', workspaceId]

export function useWorkspace(workspaceId: string): UseQueryResult<Answer<Workspace>> {
  return useQuery({
    queryKey: [...workspaceKey(workspaceId), 'itself'],
    queryFn: () => readWorkspace(workspaceId),
    staleTime: 30_000,
  })
}

/** Shows pages of a workspace once it is known to be there. */
export function InWorkspace({
  workspaceId,
  children,
}: {
  workspaceId: string
  children: ReactNode
}): ReactNode {
  const { data, error, refetch } = useWorkspace(workspaceId)
  const isUnknown = error instanceof ApiError && [403, 404].includes(error.status)
  if (isUnknown) return <NothingHere />
  if (data !== undefined) return children
  if (error === null) return <Loading lines={5} />
  return (
    <Page title="Workspace">
      <ErrorNote error={error} onRetry={() => void refetch()} />
    </Page>
  )
}
