export interface Deadline {
  readonly signal: AbortSignal
  /** Lets go of the timer and of the other signal. */
  clear(): void
}

/**
 * A signal that is aborted with another one, for its reason, or after a while, for `late()`. `AbortSignal.any` over a
 * timeout would do the same, but Node 20 may collect the timeout before it fires.
 */
export function deadline(parent: AbortSignal, timeoutMs: number, late: () => Error): Deadline {
  const controller = new AbortController()
  const follow = (): void => controller.abort(parent.reason)
  if (parent.aborted) follow()
  parent.addEventListener('abort', follow, { once: true })
  const timer = setTimeout(() => controller.abort(late()), timeoutMs).unref()
  return {
    signal: controller.signal,
    clear() {
      clearTimeout(timer)
      parent.removeEventListener('abort', follow)
    },
  }
}
