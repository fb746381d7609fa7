/** Milliseconds since the epoch as answers have a time; null stays null. */
export function isoTime(ms: number): string
export function isoTime(ms: number | null): string | null
export function isoTime(ms: number | null): string | null {
  return ms === null ? null : new Date(ms).toISOString()
}

/**
 * A record with its times as answers have them: `createdAtMs` becomes `createdAt`, on every level.
 *
 * @param value - plain JSON
 */
export function withIsoTimes(value: unknown): unknown {
  if (Array.isArray(value)) return value.map(withIsoTimes)
  if (typeof value !== 'object' || value === null) return value
  return Object.fromEntries(
    Object.entries(value).map(([name, member]) =>
      name.endsWith('AtMs') && (typeof member === 'number' || member === null)
        ? [name.slice(0, -'Ms'.length), isoTime(member)]
        : [name, withIsoTimes(member)],
    ),
  )
}
