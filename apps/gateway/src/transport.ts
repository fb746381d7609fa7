import { readFileSync } from 'node:fs'
import type { Transport } from '@portcullis/transport'
import { createEmbeddedTransport } from '@portcullis/transport/embedded'
import { createNatsTransport } from '@portcullis/transport/nats'
import type { Environment } from './environment.ts'

/** NATS where there is one, the engine in this process where there is none. */
export function createTransport(env: Environment): Transport {
  if (env.NATS_URL === undefined) return createEmbeddedTransport()
  return createNatsTransport({
    servers: env.NATS_URL,
    credentials: env.NATS_CREDS_FILE === undefined ? undefined : readCredentials(env.NATS_CREDS_FILE),
    ...(env.NATS_INBOX_PREFIX === undefined ? {} : { connection: { inboxPrefix: env.NATS_INBOX_PREFIX } }),
    name: 'portcullis-gateway',
    storage: env.NATS_STORAGE,
    drift: env.NATS_STREAM_DRIFT,
  })
}

function readCredentials(file: string): string {
  try {
    return readFileSync(file, 'utf8')
  } catch (cause) {
    throw new Error(`NATS_CREDS_FILE: ${file} cannot be read`, { cause })
  }
}
