import { and, desc, eq, gte, lt, type SQL, sql } from 'drizzle-orm'
import { isId, readInput, recordedChangeSchema } from '../management/inputs.ts'
import type { AuditLog } from '../management/managed-store.ts'
import { pageOf, readPage } from '../management/pages.ts'
import type { AuditEntry } from '../management/records.ts'
import type { Ask } from './ask-database.ts'
import type { RegistryDatabase } from './registry-database.ts'
import { auditLog, workspaces } from './tables.ts'
import type { Write } from './write.ts'

const KEY = /^\d{1,15}$/

/** The audit log of a database. */
export function postgresAuditLog(db: RegistryDatabase, ask: Ask, write: Write): AuditLog {
  return Object.freeze({
    async list(filter = {}) {
      const { limit, after } = readPage(filter, (text) => KEY.test(text))
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
              workspaceId === undefined ? undefined : ofWorkspace(db, workspaceId),
              projectId === undefined ? undefined : eq(auditLog.projectId, projectId),
              after === null ? undefined : lt(auditLog.entryId, Number(after)),
            ),
          )
          .orderBy(desc(auditLog.entryId))
          .limit(limit + 1),
      )
      return pageOf(rows, limit, (row) => String(row.entryId), entryOf)
    },

    async record(input, change) {
      const { subjectId, ...done } = readInput(recordedChangeSchema, input)
      await write(change, ({ record }) => record({ ...done, before: { subjectId }, after: null }))
    },
  } satisfies AuditLog)
}

/** The entries of a workspace: not those of another one before it that had its id. */
function ofWorkspace(db: RegistryDatabase, workspaceId: string): SQL | undefined {
  const first = db
    .select({ first: workspaces.firstEntry })
    .from(workspaces)
    .where(eq(workspaces.workspaceId, workspaceId))
  return and(eq(auditLog.workspaceId, workspaceId), gte(auditLog.entryId, sql`coalesce((${first}), 0)`))
}

function entryOf({ entryId, at, before, after, ...rest }: typeof auditLog.$inferSelect): AuditEntry {
  return { ...rest, entryId: String(entryId), atMs: at, before: read(before), after: read(after) }
}

function read(text: string | null): AuditEntry['before'] {
  return text === null ? null : (JSON.parse(text) as AuditEntry['before'])
}
