import { jetstreamManager, type JetStreamManager } from '@nats-io/jetstream'
import { connect, type NatsConnection } from '@nats-io/transport-node'
import { afterEach } from 'vitest'
import type { Transport, TransportState, TransportStatus } from '../../src/index.ts'
import { createNatsTransport, type NatsTransportOptions } from '../../src/nats/index.ts'

const disposables: (() => Promise<unknown>)[] = []
afterEach(async () => {
  await Promise.all(disposables.splice(0).map((dispose) => dispose()))
})

/** A transport that is closed after the test. Started unless the test wants to see that. */
export function natsTransport(url: string, options: NatsTransportOptions = {}): Transport {
  const transport = createNatsTransport({ servers: url, leaseMs: 1000, ...options })
  disposables.push(() => transport.close())
  return transport
}

export async function startedTransport(url: string, options?: NatsTransportOptions): Promise<Transport> {
  const transport = natsTransport(url, options)
  await transport.start()
  return transport
}

/** A plain connection that is closed after the test: what an operator or another gateway sees. */
export async function observer(url: string): Promise<{ connection: NatsConnection; jsm: JetStreamManager }> {
  const connection = await connect({ servers: url })
  disposables.push(() => connection.close())
  return { connection, jsm: await jetstreamManager(connection, { checkAPI: false }) }
}

/** Resolves when a transport is in a state, now or later. */
export function untilStatus(
  transport: Transport,
  state: TransportState | ((status: TransportStatus) => boolean),
): Promise<TransportStatus> {
  const isThere = typeof state === 'function' ? state : (status: TransportStatus) => status.state === state
  return new Promise((resolve) => {
    const check = (): void => {
      const status = transport.status()
      if (!isThere(status)) return
      stop()
      resolve(status)
    }
    const stop = transport.onStatus(check)
    check()
  })
}

/** Asks until the answer is the one waited for; for what a server tells only when asked. */
export async function eventually<T>(
  ask: () => Promise<T>,
  isThere: (answer: T) => boolean,
  timeoutMs = 10_000,
): Promise<T> {
  const deadline = Date.now() + timeoutMs
  for (;;) {
    const answer = await ask()
    if (isThere(answer)) return answer
    if (Date.now() > deadline) throw new Error(`still ${JSON.stringify(answer)} after ${timeoutMs} ms`)
    await new Promise((resolve) => setTimeout(resolve, 25))
  }
}
