import { read, type Page } from './request.ts'
import { segment } from './segment.ts'

/** One change of the past. */
export interface AuditEntry {
  readonly entryId: string
  readonly at: string
  readonly actor: string
  readonly action: string
  readonly workspaceId: string | null
  readonly projectId: string | null
  readonly before: unknown
  readonly after: unknown
  readonly requestId: string | null
}

/** Of a workspace, or of everything, which operators may read. */
export const listAudit = (
  workspaceId: string | null,
  projectId: string,
  after: string | null,
): Promise<Page<AuditEntry>> =>
  read(workspaceId === null ? '/api/audit-log' : `/api/workspaces/${segment(workspaceId)}/audit-log`, {
    query: { projectId, after },
  })
