import { once } from 'node:events'
import { createServer, type Server } from 'node:http'
import type { AddressInfo } from 'node:net'
import { servePage } from '@portcullis/example-page/server'
import { createGateway, type InteropGateway } from '@portcullis/interop'
import { attachInterop } from '@portcullis/interop/ws'

/** The whole example in this process: page and gateway. */
export interface RunningDesk extends AsyncDisposable {
  pageUrl: string
  gatewayUrl: string
  /** The gateway that runs now. */
  readonly gateway: InteropGateway
  /** Ends the gateway, with all it knew. */
  interrupt(): Promise<void>
  /** Starts another one in its place. */
  resume(): Promise<void>
}

/** Starts it on free ports; any login is let in with any password but `wrong`. */
export async function startDesk(): Promise<RunningDesk> {
  let { gateway, http } = await startGateway(0)
  const { port } = http.address() as AddressInfo
  const gatewayUrl = `ws://localhost:${port}/gw`
  const page = await servePage({
    root: new URL('../../dist/public', import.meta.url),
    gateway: { port, path: '/gw' },
    port: 0,
  })
  const interrupt = async (): Promise<void> => {
    await gateway.close()
    const closed = once(http, 'close')
    http.close()
    http.closeAllConnections()
    await closed
  }
  return {
    pageUrl: page.url,
    gatewayUrl,
    get gateway() {
      return gateway
    },
    interrupt,
    async resume() {
      ;({ gateway, http } = await startGateway(port))
    },
    async [Symbol.asyncDispose]() {
      await page.close()
      if (http.listening) await interrupt()
    },
  }
}

async function startGateway(port: number): Promise<{ gateway: InteropGateway; http: Server }> {
  const gateway = createGateway({
    authentication: { basic: { secretVerifier: (user) => user !== 'mallory' } },
  })
  const http = createServer()
  const upgrade = attachInterop(http, gateway, { allowedOrigins: ['http://localhost:*'] })
  // Sockets end with the gateway.
  void upgrade
  await gateway.start()
  http.listen(port, '127.0.0.1')
  await once(http, 'listening')
  return { gateway, http }
}
