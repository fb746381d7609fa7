import { createRequire } from 'node:module'
import type { AddressInfo } from 'node:net'
import { type WebSocket, WebSocketServer } from 'ws'

interface Client {
  send(message: object): void
  disconnect(): void
}

interface GatewayWeb {
  start(): Promise<unknown>
  connect(onMessage: (client: Client, message: object) => void): Promise<Client>
}

interface GatewayWebModule {
  create(options: object): GatewayWeb
  configure_logging(options: object): void
}

/**
 * The public reference engine behind a plain `ws` server. With its own settings it drops messages of bursts and forgets silent
 * clients, so both are switched off.
 */
const engine = createRequire(import.meta.url)('@glue42/gateway-web/node/gateway-web.js') as GatewayWebModule
engine.configure_logging({ level: 'error' })
const gateway = engine.create({ clients: { inactive_seconds: 0, buffer_size: 100_000 } })
await gateway.start()

const server = new WebSocketServer({ port: 0, host: '127.0.0.1', path: '/gw' })
server.on('connection', (socket) => void serve(socket))
server.on('listening', () => console.log(`port ${(server.address() as AddressInfo).port}`))

async function serve(socket: WebSocket): Promise<void> {
  const early: object[] = []
  let client: Client | undefined = undefined as Client | undefined
  socket.on('message', (data: Buffer) => {
    const message = JSON.parse(data.toString()) as object
    if (client === undefined) early.push(message)
    else client.send(message)
  })
  socket.on('close', () => client?.disconnect())
  client = await gateway.connect((_client, message) => socket.send(JSON.stringify(message)))
  for (const message of early) client.send(message)
}
