/** More than what an answer takes on its way, and what a `Date` header is rounded by. */
const LEAST_MS = 2000
let aheadMs = 0

/** Takes the time out of a `Date` header. @see RFC 9110 §6.6.1 */
export function hearServerTime(date: string | null): void {
  const ms = Date.parse(date ?? '') - Date.now()
  if (!Number.isNaN(ms)) aheadMs = Math.abs(ms) < LEAST_MS ? 0 : ms
}

/** The present as the control plane has it: its moments are compared with this, however wrong the clock here is. */
export function serverNow(): number {
  return Date.now() + aheadMs
}
