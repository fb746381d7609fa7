import { RelayClient } from '../internal/relay-client.ts'
import { parseOptions, type ClientOptions } from '../options.ts'
import { openNodeSocket } from '../socket/node-socket.ts'
import type { Client } from './client.ts'

/**
 * Creates a client and starts connecting. Throws a TypeError naming an option that is not valid. Failures to connect
 * are reported by `error` events, and by `ready` when they are final.
 *
 * @typeParam Received - what workers send
 */
export function createClient<Received = unknown>(options: ClientOptions): Client<Received> {
  return new RelayClient(parseOptions(options), { openSocket: openNodeSocket, random: Math.random })
}
