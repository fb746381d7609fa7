import { startNatsServer } from '@portcullis/test-servers'
import { createNatsTransport } from '../../src/nats/index.ts'
import { transportContract } from '../../src/testing/index.ts'

transportContract('nats', async () => {
  const server = await startNatsServer()
  return {
    connect: async () => {
      const transport = createNatsTransport({ servers: server.url, leaseMs: 1000 })
      await transport.start()
      return transport
    },
    [Symbol.asyncDispose]: () => server[Symbol.asyncDispose](),
  }
})
