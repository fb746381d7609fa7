import type { Client, ClientStatus } from '../../src/client/client.ts'
import type { ClientError } from '../../src/errors.ts'
import { RelayClient } from '../../src/internal/relay-client.ts'
import { parseOptions, type ClientOptions } from '../../src/options.ts'
import { openNodeSocket } from '../../src/socket/node-socket.ts'
import { Queue } from './queue.ts'

/** A client that reconnects at once, and everything it reports. */
export function connect<Received = unknown>(
  options: ClientOptions,
  random: () => number = () => 0,
): {
  client: Client<Received>
  messages: Queue<Received>
  statuses: Queue<ClientStatus>
  errors: Queue<ClientError>
} {
  const client = new RelayClient<Received>(parseOptions(options), { openSocket: openNodeSocket, random })
  const messages = new Queue<Received>()
  const statuses = new Queue<ClientStatus>()
  const errors = new Queue<ClientError>()
  client.on('message', (message) => messages.push(message))
  client.on('status', (status) => statuses.push(status))
  client.on('error', (error) => errors.push(error))
  return { client, messages, statuses, errors }
}

/** What a promise is rejected with; observed from the start, so that waiting for it can come later. */
export async function reason(promise: Promise<unknown>): Promise<unknown> {
  return await promise.then(
    (value) => ({ unexpected: value }),
    (error: unknown) => error,
  )
}
