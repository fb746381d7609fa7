import { asc, eq, gt } from 'drizzle-orm'
import { RegistryError } from '../errors.ts'
import { isId, newWorkspaceSchema, readInput, workspaceChangesSchema } from '../management/inputs.ts'
import type { NewWorkspace, Workspaces } from '../management/managed-store.ts'
import { pageOf, readPage } from '../management/pages.ts'
import type { WorkspaceRecord } from '../management/records.ts'
import type { Ask } from './ask-database.ts'
import type { RegistryDatabase } from './registry-database.ts'
import { projects, workspaces } from './tables.ts'
import { assertVersion, newVersion } from './version.ts'
import { NEXT_ENTRY, type Write, type Writing } from './write.ts'

/** The workspaces of a database. */
export function postgresWorkspaces(db: RegistryDatabase, ask: Ask, write: Write): Workspaces {
  return Object.freeze({
    async create(input, change) {
      const workspace = readInput(newWorkspaceSchema, input)
      return write(change, (writing) => insertWorkspace(writing, workspace))
    },

    async find(workspaceId) {
      return isId(workspaceId) ? ask(() => selectWorkspace(db, workspaceId)) : null
    },

    async list(page = {}) {
      const { limit, after } = readPage(page, isId)
      const rows = await ask(() =>
        db
          .select()
          .from(workspaces)
          .where(after === null ? undefined : gt(workspaces.workspaceId, after))
          .orderBy(asc(workspaces.workspaceId))
          .limit(limit + 1),
      )
      return pageOf(rows, limit, (row) => row.workspaceId, recordOf)
    },

    async update(workspaceId, input, change) {
      const { name } = readInput(workspaceChangesSchema, input)
      return write(change, async ({ tx, now, record }) => {
        const before = await existing(tx, workspaceId)
        assertVersion(before, change)
        if (name === undefined || name === before.name) return before
        const after = { ...before, name, version: newVersion(), updatedAtMs: now }
        await tx
          .update(workspaces)
          .set({ name, version: after.version, updatedAt: now })
          .where(eq(workspaces.workspaceId, workspaceId))
        await record({
          action: 'workspace.updated',
          workspaceId,
          projectId: null,
          before,
          after,
        })
        return after
      })
    },

    async delete(workspaceId, change) {
      await write(change, async ({ tx, record }) => {
        const before = await existing(tx, workspaceId)
        assertVersion(before, change)
        const [project] = await tx
          .select({ id: projects.projectId })
          .from(projects)
          .where(eq(projects.workspaceId, workspaceId))
          .limit(1)
        if (project !== undefined) {
          throw new RegistryError('ERR_WORKSPACE_NOT_EMPTY', 'the workspace still has projects')
        }
        await tx.delete(workspaces).where(eq(workspaces.workspaceId, workspaceId))
        await record({
          action: 'workspace.deleted',
          workspaceId,
          projectId: null,
          before,
          after: null,
        })
      })
    },
  } satisfies Workspaces)
}

/** @throws RegistryError `ERR_ID_TAKEN` */
export async function insertWorkspace(
  { tx, now, record }: Writing,
  { workspaceId, name = workspaceId }: NewWorkspace,
): Promise<WorkspaceRecord> {
  if ((await selectWorkspace(tx, workspaceId)) !== null) {
    throw new RegistryError('ERR_ID_TAKEN', `there is a workspace ${workspaceId} already`)
  }
  const row = { workspaceId, name, version: newVersion(), createdAt: now, updatedAt: now }
  await tx.insert(workspaces).values({ ...row, firstEntry: NEXT_ENTRY })
  const after = recordOf(row)
  await record({
    action: 'workspace.created',
    workspaceId,
    projectId: null,
    before: null,
    after,
  })
  return after
}

/** @throws RegistryError `ERR_WORKSPACE_UNKNOWN` */
export async function existing(db: RegistryDatabase, workspaceId: string): Promise<WorkspaceRecord> {
  const found = isId(workspaceId) ? await selectWorkspace(db, workspaceId) : null
  if (found === null) throw new RegistryError('ERR_WORKSPACE_UNKNOWN', 'there is no such workspace')
  return found
}

async function selectWorkspace(db: RegistryDatabase, workspaceId: string): Promise<WorkspaceRecord | null> {
  const [row] = await db.select().from(workspaces).where(eq(workspaces.workspaceId, workspaceId))
  return row === undefined ? null : recordOf(row)
}

function recordOf(row: Omit<typeof workspaces.$inferSelect, 'firstEntry'>): WorkspaceRecord {
  const { workspaceId, name, version, createdAt, updatedAt } = row
  return Object.freeze({ workspaceId, name, version, createdAtMs: createdAt, updatedAtMs: updatedAt })
}
