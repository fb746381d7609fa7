/**
 * Calls back. What the callback throws becomes an uncaught exception of its own: inside a NATS client's read loop, or
 * between two deliveries, it would end something that other callers depend on.
 */
export function callBack<Arguments extends unknown[]>(
  callback: ((...args: Arguments) => void) | undefined,
  ...args: Arguments
): void {
  try {
    callback?.(...args)
  } catch (error) {
    queueMicrotask(() => {
      throw error
    })
  }
}
