import { once } from 'node:events'
import { createEmbeddedTransport } from '@portcullis/transport/embedded'
import type { Subscription } from '@portcullis/transport'
import { expect, test, vi } from 'vitest'
import type { Authorizer } from '../../src/index.ts'
import { Queue } from '../support/queue.ts'
import { handshake, RawPeer } from '../support/raw-peer.ts'
import { SCOPE, type StartedGateway, startGateway } from '../support/start-gateway.ts'
import { TestClient } from '../support/test-client.ts'
import { wrapTransport } from '../support/wrap-transport.ts'

const GRANT = { ...SCOPE, userId: 'ann', claims: {} }

/** An authorizer that decides when the test says so. */
function slowAuthorizer(): {
  authorize: Authorizer
  asked: Queue<{ signal: AbortSignal; admit: () => void; fail: (error: Error) => void }>
} {
  const asked = new Queue<{ signal: AbortSignal; admit: () => void; fail: (error: Error) => void }>()
  const authorize: Authorizer = ({ signal }) =>
    new Promise((resolve, reject) => asked.push({ signal, admit: () => resolve(GRANT), fail: reject }))
  return { authorize, asked }
}

async function isEmpty({ gateway }: StartedGateway): Promise<void> {
  await vi.waitFor(() => expect(gateway.stats()).toMatchObject({ connections: 0, sessions: 0 }))
}

const ways: Record<string, (peer: RawPeer) => void> = {
  'hangs up': (peer) => void peer.socket.end(),
  'is cut off': (peer) => void peer.socket.resetAndDestroy(),
}

test.each(Object.keys(ways))(
  'a client that %s while the authorizer thinks: the authorizer hears of it, the place is free',
  async (way) => {
    const { authorize, asked } = slowAuthorizer()
    await using system = await startGateway({ authorize, maxConnections: 1 })
    const peer = await RawPeer.connect(system.port, { allowHalfOpen: true })
    peer.socket.write(handshake())
    const { signal, admit } = await asked.next()
    const aborted = once(signal, 'abort')
    ways[way]!(peer)
    await aborted
    await isEmpty(system)
    admit()
    const next = TestClient.open(system.url)
    ;(await asked.next()).admit()
    await (await next).close()
    expect(system.gateway.stats()).toMatchObject({ upgradesAccepted: 1, upgradesRefused: {} })
    peer.socket.destroy()
  },
)

test('an authorizer that fails because its client left is no outage', async () => {
  const { authorize, asked } = slowAuthorizer()
  await using system = await startGateway({ authorize })
  const peer = await RawPeer.connect(system.port)
  peer.socket.write(handshake())
  const { signal, fail } = await asked.next()
  signal.addEventListener('abort', () => fail(new Error('aborted')))
  peer.socket.resetAndDestroy()
  await isEmpty(system)
  expect(system.gateway.stats().upgradesRefused).toEqual({})
  expect(system.log.entries.filter(({ level }) => level !== 'debug')).toEqual([])
})

test('an authorizer that never answers is given up, whether it heeds the signal or not', async () => {
  const { authorize, asked } = slowAuthorizer()
  await using system = await startGateway({ authorize, authorizeTimeoutMs: 50 })
  const refused = await TestClient.refused(system.url)
  expect(refused).toMatchObject({
    statusCode: 503,
    headers: { 'retry-after': '1' },
    body: { code: 'control_plane_unavailable' },
  })
  const { signal, fail } = await asked.next()
  expect(signal.aborted).toBe(true)
  // Too late, and nobody waits for it: must not be an unhandled rejection.
  fail(new Error('late'))
  await isEmpty(system)
})

/** The mode with a consumer per session, and consumers that open when the test says so. */
async function startWithSlowSeats(): Promise<{
  system: StartedGateway
  opening: Queue<() => void>
  open: () => number
}> {
  const real = createEmbeddedTransport()
  const opening = new Queue<() => void>()
  let openCount = 0
  const transport = wrapTransport(real, {
    subscribeOutbound: async (filter, onDelivery): Promise<Subscription> => {
      await new Promise<void>((resolve) => opening.push(resolve))
      const subscription = await real.subscribeOutbound(filter, onDelivery)
      openCount += 1
      return {
        close: async () => {
          openCount -= 1
          await subscription.close()
        },
      }
    },
  })
  const system = await startGateway({ transport, outboundConsumer: 'session' })
  return { system, opening, open: () => openCount }
}

test.each(Object.keys(ways))(
  'a client that %s while its consumer is made: the consumer is removed again',
  async (way) => {
    const { system, opening, open } = await startWithSlowSeats()
    await using _system = system
    const peer = await RawPeer.connect(system.port)
    peer.socket.write(handshake())
    const proceed = await opening.next()
    ways[way]!(peer)
    await peer.closed
    await isEmpty(system)
    proceed()
    await vi.waitFor(() => expect(open()).toBe(0))
    expect(system.gateway.stats().upgradesAccepted).toBe(0)
  },
)

test('a consumer lives as long as its session', async () => {
  const { system, opening, open } = await startWithSlowSeats()
  await using _system = system
  const connecting = TestClient.open(system.url)
  ;(await opening.next())()
  const client = await connecting
  expect(open()).toBe(1)
  await client.close()
  await vi.waitFor(() => expect(open()).toBe(0))
})

test('a consumer that cannot be made refuses the upgrade with 503', async () => {
  const real = createEmbeddedTransport()
  const transport = wrapTransport(real, { subscribeOutbound: () => Promise.reject(new Error('no')) })
  await using system = await startGateway({ transport, outboundConsumer: 'session' })
  expect(await TestClient.refused(system.url)).toMatchObject({
    statusCode: 503,
    body: { code: 'broker_unavailable' },
  })
  await isEmpty(system)
})

test('a gateway that drains while a consumer is made refuses the upgrade and removes the consumer', async () => {
  const { system, opening, open } = await startWithSlowSeats()
  await using _system = system
  const refused = TestClient.refused(system.url)
  const proceed = await opening.next()
  const drained = system.gateway.drain()
  proceed()
  expect(await refused).toMatchObject({ statusCode: 503, body: { code: 'draining' } })
  await drained
  await vi.waitFor(() => expect(open()).toBe(0))
})

test('a gateway that drains while the authorizer thinks does not wait for it', async () => {
  const { authorize, asked } = slowAuthorizer()
  await using system = await startGateway({ authorize })
  const refused = TestClient.refused(system.url)
  const { signal } = await asked.next()
  await system.gateway.drain()
  expect(signal.aborted).toBe(true)
  expect(await refused).toMatchObject({ statusCode: 503, body: { code: 'draining' } })
  await isEmpty(system)
})

test('a socket that was gone before it was handed over leaves no trace', async () => {
  await using system = await startGateway()
  system.server.removeAllListeners('upgrade')
  const handed = new Queue<number>()
  system.server.on('upgrade', (request, socket, head: Buffer) => {
    socket.on('error', () => undefined)
    socket.once('close', () => {
      system.gateway.handleUpgrade(request, socket, head)
      handed.push(1)
    })
    socket.destroy()
  })
  const peer = await RawPeer.connect(system.port)
  peer.socket.write(handshake())
  await handed.next()
  await peer.closed
  expect(system.gateway.stats().connections).toBe(0)
})

test('thousands that come and go at every moment leave nothing behind', async () => {
  await using system = await startGateway({
    outboundConsumer: 'session',
    authorize: async () => {
      await new Promise((resolve) => setImmediate(resolve))
      return GRANT
    },
  })
  const warnings: Error[] = []
  const onWarning = (warning: Error): unknown => warnings.push(warning)
  process.on('warning', onWarning)
  for (let batch = 0; batch < 20; batch += 1) {
    await Promise.all(
      Array.from({ length: 100 }, async (_, index) => {
        const peer = await RawPeer.connect(system.port)
        peer.socket.write(handshake())
        for (let turn = 0; turn < index % 12; turn += 1) await new Promise((resolve) => setImmediate(resolve))
        ways[index % 2 === 0 ? 'hangs up' : 'is cut off']!(peer)
        await peer.closed
      }),
    )
  }
  await isEmpty(system)
  process.off('warning', onWarning)
  expect(warnings).toEqual([])
})
