/** Past it Node fires a timer at once. */
export const LONGEST_TIMER_MS = 2_147_483_647

/** A whole number of at least 1, or the default. @throws TypeError naming the option */
export function positive(
  name: string,
  value: number | undefined,
  fallback: number,
  most: number = Number.MAX_SAFE_INTEGER,
): number {
  if (value === undefined) return fallback
  if (!Number.isSafeInteger(value) || value < 1 || value > most) {
    const range = most === Number.MAX_SAFE_INTEGER ? 'of at least 1' : `from 1 to ${most}`
    throw new TypeError(`"${name}" option must be a whole number ${range}`)
  }
  return value
}
