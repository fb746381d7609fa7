import { once } from 'node:events'
import { createServer, type Server } from 'node:http'
import type { AddressInfo } from 'node:net'
import { servePage } from '@portcullis/example-page/server'
import { createEmbeddedTransport } from '@portcullis/transport/embedded'
import { createGateway } from '@portcullis/ws-gateway'
import createChatWorker from '../../src/worker.ts'

/** The whole example in this process: page, gateway, transport and worker. */
export interface RunningChat extends AsyncDisposable {
  pageUrl: string
  gatewayUrl: string
  /** Cuts every connection and takes none for a while, as a restart does. */
  interrupt(): Promise<void>
  resume(): Promise<void>
}

/** Starts it on free ports, with the embedded engine and everybody let in. */
export async function startChat(): Promise<RunningChat> {
  const transport = createEmbeddedTransport()
  const gateway = createGateway({
    transport,
    allowedOrigins: ['http://localhost:*'],
    authorize: async () => ({ workspaceId: 'demo', projectId: 'chat', userId: null, claims: {} }),
  })
  const worker = createChatWorker({ transport })
  await gateway.start()
  await worker.start()

  const sockets = new Set<{ destroy(): void }>()
  const http: Server = createServer()
  http.on('connection', (socket) => {
    sockets.add(socket)
    socket.once('close', () => sockets.delete(socket))
  })
  gateway.attach(http)
  const listen = async (port: number): Promise<void> => {
    http.listen(port, '127.0.0.1')
    await once(http, 'listening')
  }
  await listen(0)
  const { port } = http.address() as AddressInfo
  const gatewayUrl = `ws://localhost:${port}/ws`

  const page = await servePage({
    root: new URL('../../dist/public', import.meta.url),
    gateway: { port, path: '/ws' },
    console: { port: 3000 },
    port: 0,
  })

  const interrupt = async (): Promise<void> => {
    const closed = once(http, 'close')
    http.close()
    for (const socket of sockets) socket.destroy()
    await closed
  }
  return {
    pageUrl: page.url,
    gatewayUrl,
    interrupt,
    resume: () => listen(port),
    async [Symbol.asyncDispose]() {
      await gateway.close()
      await worker.close()
      await transport.close()
      await page.close()
      if (http.listening) await interrupt()
    },
  }
}
