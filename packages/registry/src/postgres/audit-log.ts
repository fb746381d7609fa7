import { and, desc, eq, lt } from 'drizzle-orm'
import { isId } from '../management/inputs.ts'
import type { AuditLog } from '../management/managed-store.ts'
import { pageOf, readPage } from '../management/pages.ts'
import type { AuditEntry } from '../management/records.ts'
import type { Ask } from './ask-database.ts'
import type { RegistryDatabase } from './registry-database.ts'
import { auditLog } from './tables.ts'

const KEY = /^\d{1,15}$/

/** The audit log of a database. */
export function postgresAuditLog(db: RegistryDatabase, ask: Ask): AuditLog {
  return Object.freeze({
    async list(filter = {}) {
      const { limit, after } = readPage(filter, KEY)
      const { workspaceId, projectId } = filter
      if (projectId !== undefined && workspaceId === undefined) {
        throw new TypeError('"projectId" needs "workspaceId"')
      }
      if ([workspaceId, projectId].some((id) => id !== undefined && !isId(id)))
        return { items: [], next: null }
      const rows = await ask(() =>
        db
          .select()
          .from(auditLog)
          .where(
            and(
              workspaceId === undefined ? undefined : eq(auditLog.workspaceId, workspaceId),
              projectId === undefined ? undefined : eq(auditLog.projectId, projectId),
              after === null ? undefined : lt(auditLog.entryId, Number(after)),
            ),
          )
          .orderBy(desc(auditLog.entryId))
          .limit(limit + 1),
      )
      return pageOf(rows, limit, (row) => String(row.entryId), entryOf)
    },
  } satisfies AuditLog)
}

function entryOf({ entryId, at, before, after, ...rest }: typeof auditLog.$inferSelect): AuditEntry {
  return { ...rest, entryId: String(entryId), atMs: at, before: read(before), after: read(after) }
}

function read(text: string | null): AuditEntry['before'] {
  return text === null ? null : (JSON.parse(text) as AuditEntry['before'])
}
