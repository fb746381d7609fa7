import type { KeyedSecretAuth, MachineAuth, NoAuth, ProjectAuth, SecretAuth } from './project.ts'

/** What of an auth configuration tells which claims it wants. */
export type ClaimRules = ProjectAuth | KeyedSecretAuth | Omit<SecretAuth, 'secret'>

/**
 * Whether one token could open both, of two configurations that trust the same: one secret, one issuer, or the machine
 * tokens of one namespace.
 */
export function overlap(one: ClaimRules, other: ClaimRules): boolean {
  if (isWithoutClaims(one) || isWithoutClaims(other)) return one.mode === other.mode && one.mode === 'machine'
  return meet(one.issuer, other.issuer) && meet(one.audience, other.audience)
}

/** One value as a list of one. */
export function asList(value: string | readonly string[]): readonly string[] {
  return typeof value === 'string' ? [value] : value
}

function isWithoutClaims(auth: ClaimRules): auth is NoAuth | MachineAuth {
  return auth.mode === 'none' || auth.mode === 'machine'
}

/** Whether some value satisfies both lists. An absent list is satisfied by every value. */
function meet(
  one: string | readonly string[] | undefined,
  other: string | readonly string[] | undefined,
): boolean {
  if (one === undefined || other === undefined) return true
  const values = new Set(asList(one))
  return asList(other).some((value) => values.has(value))
}
