import type { Transport } from '@portcullis/transport'
import { createEmbeddedTransport } from '@portcullis/transport/embedded'
import { createNatsTransport } from '@portcullis/transport/nats'
import type { Environment } from './environment.ts'

/** NATS where there is one, the engine in this process where there is none. */
export function createTransport(env: Environment): Transport {
  if (env.NATS_URL === undefined) return createEmbeddedTransport()
  return createNatsTransport({
    servers: env.NATS_URL,
    name: 'portcullis-gateway',
    storage: env.NATS_STORAGE,
    drift: env.NATS_STREAM_DRIFT,
  })
}
