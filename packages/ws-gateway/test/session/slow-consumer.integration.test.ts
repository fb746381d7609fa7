import { expect, test, vi } from 'vitest'
import { type StartedGateway, startGateway } from '../support/start-gateway.ts'
import { TestClient } from '../support/test-client.ts'
import { reply } from '../support/worker.ts'

function isClosing({ log }: StartedGateway): boolean {
  return log.entries.some(({ message }) => message === 'closed a slow consumer')
}

/** The embedded engine delivers between turns of the event loop. */
const turn = (): Promise<void> => new Promise((resolve) => setImmediate(resolve))

test('one that does not read is closed with 4508, and the others get every message', async () => {
  await using system = await startGateway({ maxBufferedBytes: 100_000 })
  const slow = await TestClient.welcomed(system.url)
  const others = await Promise.all([1, 2, 3].map(() => TestClient.welcomed(system.url)))
  slow.socket.pause()
  let sent = 0
  while (!isClosing(system)) {
    for (const { sessionId } of [slow, ...others])
      await reply(system.transport, sessionId, { n: sent, pad: 'x'.repeat(30_000) })
    sent += 1
    expect(sent).toBeLessThan(2000)
    await Promise.all(others.map(({ frames }) => frames.length(sent + 1)))
  }
  // What waits for it in this process is at most the limit and one message.
  slow.socket.resume()
  expect(await slow.closed).toEqual({ code: 4508, reason: 'slow_consumer' })
  expect(slow.frames.all.length).toBeLessThanOrEqual(sent + 1)
  for (const { frames } of others) expect(frames.all).toHaveLength(sent + 1)
  expect(system.log.entries.filter(({ message }) => message === 'closed a slow consumer')).toHaveLength(1)
})

test('one that never reads again is cut off, and its place is free', async () => {
  await using system = await startGateway({ maxBufferedBytes: 1000, maxConnections: 1 })
  const slow = await TestClient.welcomed(system.url)
  slow.socket.pause()
  for (let sent = 0; !isClosing(system); sent += 1) {
    expect(sent).toBeLessThan(200)
    await reply(system.transport, slow.sessionId, 'x'.repeat(500_000))
    await turn()
  }
  await vi.waitFor(() => expect(system.gateway.stats()).toMatchObject({ sessions: 0, connections: 0 }), {
    timeout: 4000,
  })
  await (await TestClient.welcomed(system.url)).close()
  slow.socket.terminate()
})

test('one that does not read the answers to its own frames is closed as well', async () => {
  await using system = await startGateway({ maxBufferedBytes: 1000 })
  const slow = await TestClient.welcomed(system.url)
  slow.socket.pause()
  const bad = `{"actor":"a","actorId":"b","id":"${'x'.repeat(128)}"}`
  for (let sent = 0; !isClosing(system); sent += 1000) {
    expect(sent).toBeLessThan(200_000)
    for (let n = 0; n < 1000; n += 1) slow.send(bad)
    await new Promise<void>((resolve) => slow.socket.send(bad, () => resolve()))
    await turn()
  }
  slow.socket.resume()
  expect((await slow.closed).code).toBe(4508)
})
