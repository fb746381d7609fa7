/** What `setTimeout` returns here or there. */
export type Timer = ReturnType<typeof setTimeout>

/** A timer that does not keep a Node process alive by itself: an open socket or a reconnect does that. */
export function quietTimer(callback: () => void, ms: number): Timer {
  const timer = setTimeout(callback, ms)
  // A browser's timer is a number.
  ;(timer as { unref?: () => void }).unref?.()
  return timer
}
