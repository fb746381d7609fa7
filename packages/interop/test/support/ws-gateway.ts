import { once } from 'node:events'
import { createServer, type Server } from 'node:http'
import type { AddressInfo } from 'node:net'
import { createGateway, type GatewayOptions, type InteropGateway } from '../../src/index.ts'
import { attachInterop, type InteropUpgrade, type InteropUpgradeOptions } from '../../src/ws/index.ts'
import { withPassword } from './gateway-peer.ts'

/** A gateway behind a WebSocket server on a port of its own. */
export interface WsGateway extends AsyncDisposable {
  readonly gateway: InteropGateway
  readonly upgrade: InteropUpgrade
  readonly http: Server
  readonly url: string
  readonly port: number
}

export async function startWsGateway(
  options: GatewayOptions = {},
  upgradeOptions: InteropUpgradeOptions = {},
): Promise<WsGateway> {
  const gateway = createGateway({ ...withPassword, ...options })
  const server = createServer()
  const upgrade = attachInterop(server, gateway, upgradeOptions)
  server.listen(0, '127.0.0.1')
  await once(server, 'listening')
  await gateway.start()
  const { port } = server.address() as AddressInfo
  return {
    gateway,
    upgrade,
    http: server,
    port,
    url: `ws://127.0.0.1:${port}/gw`,
    async [Symbol.asyncDispose]() {
      await upgrade.close()
      await gateway.close()
      server.close()
      server.closeAllConnections()
    },
  }
}
