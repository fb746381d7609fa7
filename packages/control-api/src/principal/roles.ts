import type { Role } from '@portcullis/registry/postgres'

const STRENGTH: Record<Role, number> = { viewer: 1, admin: 2, owner: 3 }

/** Whether a role may do what `needed` may do. */
export function isAtLeast(role: Role | null, needed: Role): boolean {
  return role !== null && STRENGTH[role] >= STRENGTH[needed]
}

/** The stronger of two. */
export function strongest(one: Role | null, other: Role | null): Role | null {
  if (one === null) return other
  return isAtLeast(other, one) ? other : one
}
