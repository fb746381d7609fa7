/** Knows which sockets are open, for whoever wants to reach a user. */
export interface SocketRegistry {
  /** Called when a socket is connected, before the application sees it. A promise is not waited for. */
  registerSocket(userId: string, socketId: string, sub: string): unknown
  /** Called with the same when it is gone, once the registration is through. */
  unregisterSocket?: ((userId: string, socketId: string, sub: string) => unknown) | undefined
}

/** Reports what went wrong where no peer asked. */
export type ReportError = (error: unknown) => void

/**
 * Registers one socket.
 *
 * @returns what takes it back; neither throws nor rejects, like this
 */
export function enter(
  registry: SocketRegistry,
  key: readonly [userId: string, socketId: string, sub: string],
  report: ReportError,
): () => void {
  const entered = attempt(() => registry.registerSocket(...key), report)
  // In this order even when the socket goes before its registration is through: else that would stay for ever.
  return () => {
    void entered.then(async () => attempt(() => registry.unregisterSocket?.(...key), report))
  }
}

/** Begins at once, so that a registry without promises knows the socket before the application does. */
async function attempt(action: () => unknown, report: ReportError): Promise<void> {
  try {
    await action()
  } catch (error) {
    report(error)
  }
}

/** @throws TypeError when it is none */
export function checkRegistry(registry: SocketRegistry | undefined): SocketRegistry | undefined {
  if (registry === undefined) return undefined
  if (typeof registry?.registerSocket !== 'function') {
    throw new TypeError('"session" must have a function "registerSocket"')
  }
  if (registry.unregisterSocket !== undefined && typeof registry.unregisterSocket !== 'function') {
    throw new TypeError('"unregisterSocket" of "session" must be a function')
  }
  return registry
}
