import { once } from 'node:events'
import { createEmbeddedTransport } from '@portcullis/transport/embedded'
import { expect, test, vi } from 'vitest'
import { frame, RawPeer } from '../support/raw-peer.ts'
import { type StartedGateway, startGateway } from '../support/start-gateway.ts'
import { TestClient } from '../support/test-client.ts'
import { consume, reply } from '../support/worker.ts'
import { wrapTransport } from '../support/wrap-transport.ts'

const BEAT = { pingIntervalMs: 40, pongTimeoutMs: 60 }
/** For peers that are to stay: as often, and with patience for a machine that is busy. */
const PATIENT_BEAT = { ...BEAT, pongTimeoutMs: 300 }
const beats = (count: number): Promise<void> =>
  new Promise((resolve) => setTimeout(resolve, count * BEAT.pingIntervalMs))

async function disconnects(system: StartedGateway): Promise<string[]> {
  const observer = createEmbeddedTransport({ broker: system.broker })
  await observer.start()
  const subjects: string[] = []
  await observer.subscribeEvents('session.disconnected.>', (_payload, subject) => subjects.push(subject))
  return subjects
}

async function isEmpty(system: StartedGateway): Promise<void> {
  await vi.waitFor(() => expect(system.gateway.stats()).toMatchObject({ connections: 0, sessions: 0 }), {
    timeout: 3000,
  })
}

test.each(['reads and never answers', 'neither reads nor answers'])(
  'a peer that %s is ended, and workers are told once',
  async (how) => {
    await using system = await startGateway(BEAT)
    const subjects = await disconnects(system)
    const peer = await RawPeer.upgraded(system.port)
    const start = performance.now()
    if (how.startsWith('neither')) peer.socket.pause()
    await isEmpty(system)
    expect(performance.now() - start).toBeGreaterThan(90)
    await beats(5)
    expect(subjects).toEqual(['session.disconnected.acme.one'])
    peer.socket.destroy()
  },
)

test('a peer that answers stays', async () => {
  await using system = await startGateway(PATIENT_BEAT)
  const client = await TestClient.welcomed(system.url)
  for (let pings = 0; pings < 15; pings += 1) {
    const ended = client.closed.then((how) => Promise.reject(new Error(`closed: ${JSON.stringify(how)}`)))
    await Promise.race([once(client.socket, 'ping'), ended])
  }
  client.send({ type: 'ping' })
  expect(await client.json()).toEqual({ type: 'pong' })
})

test('a peer whose pongs wait behind its frames stays', async () => {
  await using system = await startGateway(BEAT)
  const peer = await RawPeer.upgraded(system.port, { 'Sec-WebSocket-Protocol': 'portcullis.v1' })
  for (let n = 0; n < 25; n += 1) {
    peer.socket.write(frame('{"type":"ping"}'))
    await new Promise((resolve) => setTimeout(resolve, 20))
  }
  expect(system.gateway.stats().sessions).toBe(1)
  await isEmpty(system)
})

test('a session that we do not read for back-pressure stays, and is watched again afterwards', async () => {
  let answer: ((receipt: { sequence: number; duplicate: boolean }) => void) | undefined
  const transport = wrapTransport(createEmbeddedTransport(), {
    publishInbound: () => new Promise((resolve) => (answer = resolve)),
  })
  await using system = await startGateway({ ...BEAT, transport, maxInFlightFrames: 1 })
  const peer = await RawPeer.upgraded(system.port)
  peer.socket.write(frame('{"actor":"a","actorId":"b"}'))
  await vi.waitFor(() => expect(answer).toBeDefined())
  await beats(10)
  expect(system.gateway.stats().sessions).toBe(1)
  answer!({ sequence: 1, duplicate: false })
  await isEmpty(system)
})

test('a peer that was killed while we do not read it is noticed all the same', async () => {
  const transport = wrapTransport(createEmbeddedTransport(), {
    publishInbound: () => new Promise(() => undefined),
  })
  await using system = await startGateway({ ...BEAT, transport, maxInFlightFrames: 1 })
  const peer = await RawPeer.upgraded(system.port)
  peer.socket.write(frame('{"actor":"a","actorId":"b"}'))
  await vi.waitFor(() => expect(system.gateway.stats().framesIn).toBe(1))
  peer.socket.resetAndDestroy()
  await isEmpty(system)
})

test('a peer that closes its side and reads nothing does not keep ours', async () => {
  // It closes before the first ping, so that no pong is owed yet.
  await using system = await startGateway({
    pingIntervalMs: 600,
    pongTimeoutMs: 60,
    maxBufferedBytes: 64 * 1024 * 1024,
  })
  const deliveries = await consume(system.transport, 'a')
  const arrived = once(system.server, 'upgrade')
  const peer = await RawPeer.upgraded(system.port)
  const [, socket] = (await arrived) as [unknown, NodeJS.EventEmitter]
  peer.socket.pause()
  peer.socket.write(frame('{"actor":"a","actorId":"b"}'))
  const { payload } = await deliveries.next()
  const { sessionId } = JSON.parse(Buffer.from(payload).toString()) as { sessionId: string }
  // More than the kernels hold, so that something of ours is left to be written for ever.
  for (let n = 0; n < 40; n += 1) await reply(system.transport, sessionId, 'x'.repeat(500_000))
  await vi.waitFor(() => expect(system.gateway.stats().framesOut).toBe(40), { interval: 1 })
  const ended = once(socket, 'end')
  peer.socket.end()
  await ended
  expect(system.gateway.stats().sessions).toBe(1)
  await isEmpty(system)
  peer.socket.destroy()
})
