import { createHmac, randomBytes, timingSafeEqual } from 'node:crypto'

// A key of this process alone keeps the digests useless to anybody who could observe them.
const key = randomBytes(32)

/**
 * Compares two texts in a time that depends on neither their content nor where they differ: equal-length digests are
 * compared, never the texts. False when either is not a string.
 *
 * @see CWE-208
 */
export function timingSafeEqualText(a: unknown, b: unknown): boolean {
  const bothText = typeof a === 'string' && typeof b === 'string'
  const equal = timingSafeEqual(digest(a), digest(b))
  return bothText && equal
}

function digest(value: unknown): Buffer {
  return createHmac('sha256', key)
    .update(typeof value === 'string' ? value : '')
    .digest()
}
