import type { Identity } from './types.ts'

/**
 * What rules compare of a member: a string as it is, a finite number as `String(number)`. Everything else, and what is
 * inherited, counts as missing, which never matches.
 */
export function identityValue(identity: Identity | null | undefined, member: string): string | undefined {
  if (identity === null || identity === undefined || !Object.hasOwn(identity, member)) return undefined
  const value = identity[member]
  if (typeof value === 'string') return value
  return typeof value === 'number' && Number.isFinite(value) ? String(value) : undefined
}
