import type { RecordLimits } from './auth-records.ts'

/** Bounds of a store that holds its records in memory. An insertion past one is refused with `ERR_AUTH_STORE_UNAVAILABLE`. */
export interface RecordLimitOptions {
  /** Most token families that were refreshed or revoked, about 1 KiB each. @defaultValue 100_000 */
  maxFamilies?: number | undefined
  /** Most live revocations. @defaultValue 100_000 */
  maxRevocations?: number | undefined
  /** Most live claims. @defaultValue 100_000 */
  maxClaims?: number | undefined
  /** Most rate windows at a time. @defaultValue 100_000 */
  maxRateWindows?: number | undefined
}

const DEFAULT_MAX = 100_000

/** @throws TypeError naming the option */
export function recordLimits(options: RecordLimitOptions): RecordLimits {
  return Object.freeze({
    maxFamilies: wholeNumber('maxFamilies', options.maxFamilies, DEFAULT_MAX),
    maxRevocations: wholeNumber('maxRevocations', options.maxRevocations, DEFAULT_MAX),
    maxClaims: wholeNumber('maxClaims', options.maxClaims, DEFAULT_MAX),
    maxRateWindows: wholeNumber('maxRateWindows', options.maxRateWindows, DEFAULT_MAX),
  })
}

/** A whole number from 1 to `most`, or the default. @throws TypeError naming the option */
export function wholeNumber(
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
