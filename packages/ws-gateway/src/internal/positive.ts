/** Longest delay a timer of Node takes; past it the timer fires at once. */
export const MAX_TIMER_MS: number = 2 ** 31 - 1

/** A whole number from 1 to `max`, or the default. @throws TypeError naming the option */
export function positive(
  name: string,
  value: number | undefined,
  fallback: number,
  max: number = Number.MAX_SAFE_INTEGER,
): number {
  if (value === undefined) return fallback
  if (!Number.isSafeInteger(value) || value < 1) {
    throw new TypeError(`"${name}" option must be a whole number of at least 1`)
  }
  if (value > max) throw new TypeError(`"${name}" option must be at most ${max}`)
  return value
}
