import type { Server } from 'node:http'
import type { Server as SecureServer } from 'node:https'
import { createInteropUpgrade, type InteropUpgrade, type InteropUpgradeOptions } from './interop-upgrade.ts'
import type { InteropGateway } from '../gateway/gateway.ts'
import { refuseUpgrade } from './refuse-upgrade.ts'

export type AttachInteropOptions = InteropUpgradeOptions

/**
 * Lets a gateway answer the WebSocket upgrades of an HTTP server at one path; upgrades at other paths are left to other
 * listeners, and refused with 404 where there are none. Close what is returned before the server: it waits for open sockets.
 *
 * @throws TypeError naming the option that is wrong
 */
export function attachInterop(
  server: Server | SecureServer,
  gateway: InteropGateway,
  options: AttachInteropOptions = {},
): InteropUpgrade {
  const upgrade = createInteropUpgrade(gateway, options)
  server.on('upgrade', (request, socket, head) => {
    if (upgrade.handles(request)) upgrade.handleUpgrade(request, socket, head)
    // The server has let go of the socket: what nobody answers would stay open for as long as its client likes.
    else if (server.listenerCount('upgrade') === 1) {
      refuseUpgrade(socket, 'ERR_INTEROP_NOT_FOUND', 'nothing is upgraded at this path')
    }
  })
  return upgrade
}
