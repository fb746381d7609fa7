/** How far apart two clocks are for certain, when one of them was read with whole seconds in between. */
export interface Skew {
  /** Milliseconds that the other clock is ahead at least; negative when it is behind. */
  readonly aheadMs: number
}

/**
 * Reads the clock of a server from its `Date` header, which cuts off fractions of a second. What the request itself took is
 * given to the server: only the difference that is certain counts.
 *
 * @returns null for a header that is missing or no date
 * @see RFC 9110 §6.6.1
 */
export function clockSkew(date: string | null, sentAtMs: number, receivedAtMs: number): Skew | null {
  const atMs = Date.parse(date ?? '')
  if (Number.isNaN(atMs)) return null
  if (atMs > receivedAtMs) return { aheadMs: atMs - receivedAtMs }
  const latest = atMs + 1000
  return { aheadMs: latest < sentAtMs ? latest - sentAtMs : 0 }
}
