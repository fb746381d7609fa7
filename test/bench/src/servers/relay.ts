import { createServer } from 'node:http'
import type { Transport } from '@portcullis/transport'
import { createEmbeddedTransport } from '@portcullis/transport/embedded'
import { createNatsTransport } from '@portcullis/transport/nats'
import { createWorker } from '@portcullis/worker'
import { createGateway } from '@portcullis/ws-gateway'

/** The relay as it ships. `node relay.ts gateway|worker|both`, `NATS_URL` and `STORAGE` in the environment. */
const part = process.argv[2]
const { NATS_URL, STORAGE } = process.env
const transport: Transport =
  NATS_URL === undefined
    ? createEmbeddedTransport()
    : createNatsTransport({ servers: NATS_URL, storage: STORAGE === 'memory' ? 'memory' : 'file' })
await transport.start()
const scope = { workspaceId: 'bench', projectId: 'relay' }

if (part !== 'gateway') {
  await createWorker({ transport, ...scope })
    .actor('echo', { message: (context, message) => context.reply(message) })
    .start()
}
if (part === 'worker') {
  console.log('port 0')
} else {
  const unlimited = 1_000_000
  const gateway = createGateway({
    transport,
    authorize: async () => ({ ...scope, userId: null, claims: {} }),
    maxConnections: unlimited,
    maxConnectionsPerAddress: unlimited,
    maxConnectionsPerProject: unlimited,
    connectRatePerAddress: unlimited,
  })
  await gateway.start()
  const server = createServer()
  gateway.attach(server)
  server.listen(0, '127.0.0.1', () => console.log(`port ${(server.address() as { port: number }).port}`))
}
