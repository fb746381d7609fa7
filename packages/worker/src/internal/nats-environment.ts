import { readFileSync } from 'node:fs'
import type { NatsTransportOptions } from '@portcullis/transport/nats'

/**
 * The variables of `portcullis-worker`, the same that a gateway reads: `NATS_URL`, `NATS_CREDS_FILE`, `NATS_INBOX_PREFIX`,
 * `NATS_STORAGE`, `NATS_STREAM_DRIFT`.
 *
 * @throws TypeError naming the variable
 */
export function readNatsEnvironment(env: NodeJS.ProcessEnv): NatsTransportOptions {
  const { NATS_URL, NATS_CREDS_FILE, NATS_INBOX_PREFIX } = env
  return {
    name: 'portcullis-worker',
    servers: NATS_URL ? NATS_URL.split(',').map((url) => url.trim()) : undefined,
    credentials: NATS_CREDS_FILE ? readCredentials(NATS_CREDS_FILE) : undefined,
    inboxPrefix: NATS_INBOX_PREFIX || undefined,
    storage: oneOf(env, 'NATS_STORAGE', ['file', 'memory']),
    drift: oneOf(env, 'NATS_STREAM_DRIFT', ['update', 'report', 'fail']),
  }
}

function readCredentials(file: string): string {
  try {
    return readFileSync(file, 'utf8')
  } catch (cause) {
    throw new TypeError(`NATS_CREDS_FILE: ${file} cannot be read`, { cause })
  }
}

function oneOf<Value extends string>(
  env: NodeJS.ProcessEnv,
  name: string,
  values: readonly Value[],
): Value | undefined {
  const value = env[name]
  if (!value) return undefined
  const known = values.find((one) => one === value)
  if (known === undefined) throw new TypeError(`${name}: must be ${values.join(' or ')}`)
  return known
}
