import type { Transport } from '@portcullis/transport'
import { createEmbeddedTransport } from '@portcullis/transport/embedded'
import { createNatsTransport } from '@portcullis/transport/nats'
import type { Environment } from './environment/environment.ts'
import { natsOptions } from './nats.ts'

/** NATS where there is one, the engine in this process where there is none. */
export function createTransport(env: Environment): Transport {
  const nats = natsOptions(env)
  if (nats === undefined) return createEmbeddedTransport()
  return createNatsTransport({
    ...nats,
    name: 'portcullis-gateway',
    storage: env.NATS_STORAGE,
    drift: env.NATS_STREAM_DRIFT,
  })
}
