import { afterAll, beforeAll, expect, test } from 'vitest'
import { awaitReplies, openSessions, sendLast, sendNumbered, tally } from '../src/numbered-traffic.ts'
import { startSystem, type System } from '../src/system.ts'

let system: System
beforeAll(async () => {
  system = await startSystem({ gateways: 2 })
})
afterAll(() => system?.[Symbol.asyncDispose]())

test('killing nats-server and a worker with SIGKILL in the middle loses, doubles and disorders no frame', async () => {
  const [first] = await Promise.all([system.startWorker('one'), system.startWorker('two')])
  // A second worker of project one stands by.
  await system.startWorker('one')
  const sessions = await openSessions(system, 40)
  const sending = sendNumbered(sessions, 200, 50)
  const progress = (fraction: number): Promise<void> =>
    awaitReplies(sessions, Math.floor(200 * fraction), 60_000)

  await progress(0.2)
  await first?.kill()
  await progress(0.5)
  await system.nats.kill()
  await system.nats.restart()
  await sending
  await awaitReplies(sessions, 200, 60_000)
  await sendLast(sessions, 200, 60_000)
  expect(tally(sessions, 201)).toEqual({ lost: 0, doubled: 0, disordered: 0, foreign: 0 })
  await Promise.all(sessions.map(({ client }) => client.close()))
}, 180_000)
