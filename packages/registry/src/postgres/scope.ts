import { count, eq, isNull, type SQL } from 'drizzle-orm'
import type { PgColumn, PgTable } from 'drizzle-orm/pg-core'
import { RegistryError } from '../errors.ts'
import { isId } from '../management/inputs.ts'
import type { RegistryDatabase } from './registry-database.ts'
import type { apiKeys, members } from './tables.ts'
import { existing } from './workspaces.ts'

/** Null: what belongs to no workspace. Anything that is forgotten must not come to mean that. */
export function isScope(workspaceId: unknown): workspaceId is string | null {
  return workspaceId === null || isId(workspaceId)
}

/** Which rows are of a workspace, or of none. */
export function inScope(table: typeof members | typeof apiKeys, workspaceId: string | null): SQL {
  const column = table.workspaceId as PgColumn
  return workspaceId === null ? isNull(column) : eq(column, workspaceId)
}

/** @throws RegistryError `ERR_WORKSPACE_UNKNOWN` */
export async function assertScope(tx: RegistryDatabase, workspaceId: string | null): Promise<void> {
  if (workspaceId !== null) await existing(tx, workspaceId)
}

/** @throws RegistryError `ERR_LIMIT_REACHED` */
export async function assertRoom(
  tx: RegistryDatabase,
  table: PgTable,
  where: SQL | undefined,
  { max, what }: { max: number; what: string },
): Promise<void> {
  const [row] = await tx.select({ found: count() }).from(table).where(where)
  if ((row?.found ?? 0) >= max) {
    throw new RegistryError('ERR_LIMIT_REACHED', `there are ${max} ${what} already`)
  }
}
