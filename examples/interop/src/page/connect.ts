import createIo, { type IOConnectCore } from '@interopio/core'
import type { Place } from './places.ts'

/** Name under which the windows of this page know each other. */
export const APPLICATION = 'Desk'

const RECONNECT_MS = 1000

/** The client of the page. Resolves when it is logged in, however long the gateway takes to come up. */
export function connect(gatewayUrl: string, user: string, place: Place): Promise<IOConnectCore.API> {
  return createIo({
    application: APPLICATION,
    // Every other window is told, and so is who is called.
    identity: { desk: place.city },
    gateway: { ws: gatewayUrl, reconnectInterval: RECONNECT_MS, reconnectAttempts: Number.MAX_SAFE_INTEGER },
    // The gateway of a development environment lets any name in with any password.
    auth: { username: user, password: 'any' },
    insights: false,
    logger: 'off',
  })
}

/** The desk that a window is, as it said itself. */
export function deskOf(instance: IOConnectCore.Interop.Instance): string {
  const { desk } = instance as { desk?: unknown }
  return typeof desk === 'string' ? desk : 'Another program'
}
