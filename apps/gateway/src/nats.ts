import { readFileSync } from 'node:fs'
import type { NatsConnectionOptions } from '@portcullis/transport/nats'
import type { Environment } from './environment/environment.ts'

/** How to reach NATS, for the transport and for the store of machine clients. Undefined without `NATS_URL`. */
export function natsOptions(env: Environment): NatsConnectionOptions | undefined {
  if (env.NATS_URL === undefined) return undefined
  return {
    servers: env.NATS_URL,
    credentials: env.NATS_CREDS_FILE === undefined ? undefined : readCredentials(env.NATS_CREDS_FILE),
    inboxPrefix: env.NATS_INBOX_PREFIX,
  }
}

function readCredentials(file: string): string {
  try {
    return readFileSync(file, 'utf8')
  } catch (cause) {
    throw new Error(`NATS_CREDS_FILE: ${file} cannot be read`, { cause })
  }
}
