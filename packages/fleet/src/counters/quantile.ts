import { LATENCY_BUCKETS_MS } from './fleet-counters.ts'

/**
 * The value below which a part of all lies, interpolated inside its bucket; null when there are none. What is longer than the last
 * bound counts as the last bound.
 *
 * @param part 0 to 1
 */
export function quantile(buckets: ArrayLike<number>, part: number): number | null {
  let total = 0
  for (let n = 0; n < buckets.length; n += 1) total += buckets[n] ?? 0
  if (total === 0) return null
  const rank = part * total
  let below = 0
  for (const [n, upper] of LATENCY_BUCKETS_MS.entries()) {
    const inside = buckets[n] ?? 0
    if (inside > 0 && below + inside >= rank) {
      const lower = LATENCY_BUCKETS_MS[n - 1] ?? 0
      return lower + ((upper - lower) * Math.max(0, rank - below)) / inside
    }
    below += inside
  }
  return LATENCY_BUCKETS_MS.at(-1) ?? null
}
