import { once } from 'node:events'
import { createServer, type Server } from 'node:http'
import type { AddressInfo } from 'node:net'
import type { Scope, Transport } from '@portcullis/transport'
import { createEmbeddedTransport, EmbeddedBroker } from '@portcullis/transport/embedded'
import { createGateway, type Gateway, type GatewayLogger, type GatewayOptions } from '../../src/index.ts'

export const SCOPE: Scope = { workspaceId: 'acme', projectId: 'one' }

/** What was logged, as text that can be searched for secrets. */
export interface Log {
  logger: GatewayLogger
  entries: { level: string; details: object; message: string }[]
}

function keepLog(): Log {
  const entries: Log['entries'] = []
  const at =
    (level: string) =>
    (details: object, message: string): void => {
      entries.push({ level, details, message })
    }
  return { entries, logger: { debug: at('debug'), info: at('info'), warn: at('warn'), error: at('error') } }
}

export interface StartedGateway extends AsyncDisposable {
  gateway: Gateway
  transport: Transport
  /** For transports of workers, as their processes would have them. */
  broker: EmbeddedBroker
  server: Server
  log: Log
  port: number
  /** `ws://127.0.0.1:PORT/ws` */
  url: string
}

const MANY = 1_000_000

/**
 * A started gateway on a port of the system, without limits that a test does not ask for. Everybody gets in, and the
 * token is the name of the user.
 */
export async function startGateway(options: Partial<GatewayOptions> = {}): Promise<StartedGateway> {
  const broker = new EmbeddedBroker()
  const transport = options.transport ?? createEmbeddedTransport({ broker })
  const log = keepLog()
  const gateway = createGateway({
    authorize: async ({ token }) => ({ ...SCOPE, userId: token, claims: {} }),
    maxConnectionsPerAddress: MANY,
    maxConnectionsPerUser: MANY,
    connectRatePerAddress: MANY,
    logger: log.logger,
    ...options,
    transport,
  })
  const server = createServer()
  gateway.attach(server)
  await gateway.start()
  const port = await listen(server)
  return {
    gateway,
    transport,
    broker,
    server,
    log,
    port,
    url: `ws://127.0.0.1:${port}/ws`,
    async [Symbol.asyncDispose]() {
      await gateway.close()
      await transport.close()
      server.close()
      server.closeAllConnections()
    },
  }
}

/** Listens on a loopback port of the system. */
export async function listen(server: Server): Promise<number> {
  server.listen(0, '127.0.0.1')
  await once(server, 'listening')
  return (server.address() as AddressInfo).port
}
