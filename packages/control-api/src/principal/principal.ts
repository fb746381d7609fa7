import type { Membership, Role } from '@portcullis/registry/postgres'
import { strongest } from './roles.ts'

/** What somebody is. */
export type PrincipalKind = 'api-key' | 'machine' | 'person'

/** Who sends a request, and what they may do. */
export interface Principal {
  readonly kind: PrincipalKind
  /** For the audit log and the limits: `key:<keyId>`, `machine:<clientId>` or `user:<sub>`. At most 256 characters. */
  readonly actor: string
  readonly name: string
  /** What the principal may do in all workspaces; null for nothing. */
  readonly operator: Role | null
  /** What the principal may do in single workspaces, in the order of their ids. */
  readonly memberships: ReadonlyMap<string, Role>
}

/** A principal with these memberships. */
export function principalOf(
  who: Pick<Principal, 'kind' | 'actor' | 'name'>,
  memberships: readonly Membership[],
): Principal {
  let operator: Role | null = null
  const roles = new Map<string, Role>()
  for (const { workspaceId, role } of memberships.toSorted(byWorkspace)) {
    if (workspaceId === null) operator = strongest(operator, role)
    else roles.set(workspaceId, strongest(roles.get(workspaceId) ?? null, role) ?? role)
  }
  return { ...who, operator, memberships: roles }
}

/** What a principal may do in a workspace, as a member or as an operator; null for nothing. */
export function roleIn({ operator, memberships }: Principal, workspaceId: string): Role | null {
  return strongest(memberships.get(workspaceId) ?? null, operator)
}

// By code units, as PostgreSQL orders ids with the collation "C".
function byWorkspace(one: Membership, other: Membership): number {
  const [a, b] = [one.workspaceId ?? '', other.workspaceId ?? '']
  return a < b ? -1 : Number(a > b)
}
