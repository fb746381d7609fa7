import { randomBytes } from 'node:crypto'

/** Costs this package makes hashes of; each step doubles the time. */
export const MIN_COST = 10
/** About two and a half seconds of one core. */
export const MAX_COST = 15

const BCRYPT = /^\$2[aby]\$(\d\d)\$[./A-Za-z0-9]{53}$/

/** Whether a stored text is a bcrypt hash that can be computed in bounded time. */
export function isUsableHash(stored: unknown): stored is string {
  if (typeof stored !== 'string') return false
  const cost = Number(BCRYPT.exec(stored)?.[1] ?? 0)
  return cost >= 4 && cost <= MAX_COST
}

/** A hash of this cost that belongs to no known secret. */
export function dummyHash(cost: number): string {
  const letters = randomBytes(40).toString('base64').replaceAll('+', '.').slice(0, 53)
  return `$2b$${cost}$${letters}`
}
