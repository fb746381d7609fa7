import { and, eq, gt, isNull, ne, or } from 'drizzle-orm'
import { RegistryError } from '../errors.ts'
import type { RegistryDatabase } from './registry-database.ts'
import { inScope } from './scope.ts'
import { apiKeys, members } from './tables.ts'

/** Whose going is asked about. */
interface Without {
  readonly memberId?: string
  readonly keyId?: string
}

/**
 * Whether somebody may do everything to all workspaces, besides one who is about to go: an owner among the operators, or a key
 * of that role which has not expired.
 */
export async function hasOperator(
  db: RegistryDatabase,
  now: number,
  { memberId = '', keyId = '' }: Without = {},
): Promise<boolean> {
  const [member] = await db
    .select({ id: members.memberId })
    .from(members)
    .where(and(inScope(members, null), eq(members.role, 'owner'), ne(members.memberId, memberId)))
    .limit(1)
  if (member !== undefined) return true
  const [key] = await db
    .select({ id: apiKeys.keyId })
    .from(apiKeys)
    .where(
      and(
        inScope(apiKeys, null),
        eq(apiKeys.role, 'owner'),
        ne(apiKeys.keyId, keyId),
        or(isNull(apiKeys.expiresAt), gt(apiKeys.expiresAt, now)),
      ),
    )
    .limit(1)
  return key !== undefined
}

/**
 * Checks that somebody stays who may do everything in a workspace, or to all of them. Keys do not count within a workspace:
 * there an operator can help.
 *
 * @throws RegistryError `ERR_LAST_OWNER`
 */
export async function assertOwnerLeft(
  tx: RegistryDatabase,
  now: number,
  workspaceId: string | null,
  without: Without,
): Promise<void> {
  if (workspaceId === null) {
    if (await hasOperator(tx, now, without)) return
    throw new RegistryError('ERR_LAST_OWNER', 'nobody would be left who may do everything')
  }
  const [owner] = await tx
    .select({ id: members.memberId })
    .from(members)
    .where(
      and(
        inScope(members, workspaceId),
        eq(members.role, 'owner'),
        ne(members.memberId, without.memberId ?? ''),
      ),
    )
    .limit(1)
  if (owner === undefined) {
    throw new RegistryError('ERR_LAST_OWNER', 'the workspace would have no owner')
  }
}
