import { read, send, type Answer, type Page } from './request.ts'
import { segment } from './segment.ts'

/** What projects and people belong to. */
export interface Workspace {
  readonly workspaceId: string
  readonly name: string
  readonly createdAt: string
  readonly updatedAt: string
}

const path = (workspaceId: string): string => `/api/workspaces/${segment(workspaceId)}`

export const listWorkspaces = (after: string | null): Promise<Page<Workspace>> =>
  read('/api/workspaces', { query: { after, limit: 100 } })

export const readWorkspace = (workspaceId: string): Promise<Answer<Workspace>> =>
  send('GET', path(workspaceId))

export const createWorkspace = (
  workspace: { workspaceId: string; name?: string },
  idempotencyKey: string,
): Promise<Answer<Workspace>> => send('POST', '/api/workspaces', { body: workspace, idempotencyKey })

export const renameWorkspace = (
  workspaceId: string,
  changes: { name?: string },
  etag: string | null,
): Promise<Answer<Workspace>> => send('PATCH', path(workspaceId), { body: changes, etag })

export async function deleteWorkspace(workspaceId: string, etag: string | null): Promise<void> {
  await send('DELETE', path(workspaceId), { etag })
}
