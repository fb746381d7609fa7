import { credsAuthenticator, type NodeConnectionOptions } from '@nats-io/transport-node'
import { readServers } from './servers.ts'

/** How to reach NATS, and as whom. */
export interface NatsConnectionOptions {
  /** One URL or several of one cluster; may carry a login. @defaultValue "nats://localhost:4222" */
  servers?: string | string[] | undefined
  /** Content of a credentials file (`.creds`: JWT and NKey seed). */
  credentials?: string | undefined
  /** Prefix of this process's inboxes, subject tokens with dots between them. @defaultValue "_INBOX" */
  inboxPrefix?: string | undefined
  /** Shown by the server in its lists of connections. @defaultValue "portcullis" */
  name?: string | undefined
  /** TLS and the like, as the NATS client takes them; goes before what the other options say. */
  connection?: NodeConnectionOptions | undefined
}

const INBOX_PREFIX = /^[A-Za-z0-9_-]{1,64}(?:\.[A-Za-z0-9_-]{1,64}){0,7}$/

/**
 * The options for `connect()` of `@nats-io/transport-node`, for processes that need a connection of their own beside the
 * transport's, such as to a key-value store.
 *
 * @throws TypeError naming the option; logins and credentials are not shown
 */
export function natsConnectionOptions(options: NatsConnectionOptions = {}): NodeConnectionOptions {
  const { servers, login } = readServers(options.servers ?? 'nats://localhost:4222')
  return {
    ...login,
    ...credentials(options.credentials),
    ...inboxPrefix(options.inboxPrefix),
    ...options.connection,
    servers,
    name: options.name ?? 'portcullis',
  }
}

function credentials(content: string | undefined): NodeConnectionOptions {
  if (content === undefined) return {}
  if (typeof content !== 'string' || !content.includes('BEGIN NATS USER JWT')) {
    throw new TypeError('"credentials" option must be the content of a credentials file')
  }
  return { authenticator: credsAuthenticator(new TextEncoder().encode(content)) }
}

function inboxPrefix(prefix: string | undefined): NodeConnectionOptions {
  if (prefix === undefined) return {}
  if (typeof prefix !== 'string' || !INBOX_PREFIX.test(prefix)) {
    throw new TypeError('"inboxPrefix" option must be subject tokens with dots between them')
  }
  return { inboxPrefix: prefix }
}
