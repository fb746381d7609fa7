import { createEmbeddedTransport, EmbeddedBroker } from '../../src/embedded/index.ts'
import { transportContract } from '../../src/testing/index.ts'

transportContract('embedded', async () => {
  const broker = new EmbeddedBroker()
  return {
    connect: async () => {
      const transport = createEmbeddedTransport({ broker })
      await transport.start()
      return transport
    },
    [Symbol.asyncDispose]: async () => undefined,
  }
})
