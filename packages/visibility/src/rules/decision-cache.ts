import type { Visibility } from './types.ts'

/** Remembers decisions. */
export interface DecisionCache {
  get(key: string): Visibility | undefined
  /** Returns the verdict it was given. */
  set(key: string, verdict: Visibility): Visibility
  readonly size: number
}

/**
 * A cache of at most `max` entries in two generations: once the younger is full it becomes the older, and what was the
 * older is forgotten. What is in use stays, without an order to keep.
 */
export function createDecisionCache(max: number): DecisionCache {
  const half = Math.max(1, Math.floor(max / 2))
  let young = new Map<string, Visibility>()
  let old = new Map<string, Visibility>()
  const set = (key: string, verdict: Visibility): Visibility => {
    if (young.size >= half && !young.has(key)) {
      old = young
      young = new Map()
    }
    young.set(key, verdict)
    return verdict
  }
  return {
    get(key) {
      const verdict = young.get(key)
      if (verdict !== undefined) return verdict
      const older = old.get(key)
      return older === undefined ? undefined : set(key, older)
    },
    set,
    get size() {
      return young.size + old.size
    },
  }
}
