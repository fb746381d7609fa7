import { RelayClient } from '../internal/relay-client.ts'
import { parseOptions, type ClientOptions } from '../options.ts'
import { openBrowserSocket } from '../socket/browser-socket.ts'
import type { Client } from './client.ts'

/**
 * Creates a client and starts connecting. Throws a TypeError naming an option that is not valid. Failures to connect
 * are reported by `error` events, and by `ready` when they are final.
 *
 * @typeParam Received - what workers send
 */
export function createClient<Received = unknown>(options: ClientOptions): Client<Received> {
  const { WebSocket } = globalThis as { WebSocket?: unknown }
  if (typeof WebSocket !== 'function') throw new TypeError('This platform has no WebSocket')
  return new RelayClient(parseOptions(options), { openSocket: openBrowserSocket, random: Math.random })
}
