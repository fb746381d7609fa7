import { afterAll, beforeAll, expect, test } from 'vitest'
import { awaitReplies, openSessions, sendLast, sendNumbered, tally } from '../src/numbered-traffic.ts'
import { startSystem, type System } from '../src/system.ts'

let system: System
beforeAll(async () => {
  system = await startSystem({ gateways: 2 })
  await Promise.all([system.startWorker('one'), system.startWorker('two')])
})
afterAll(() => system?.[Symbol.asyncDispose]())

test('200 sessions over two gateways and two projects get 20 000 frames back: none lost, doubled, disordered or foreign', async () => {
  const sessions = await openSessions(system, 200)
  await sendNumbered(sessions, 100)
  await awaitReplies(sessions, 100, 60_000)
  await sendLast(sessions, 100, 60_000)
  expect(tally(sessions, 101)).toEqual({ lost: 0, doubled: 0, disordered: 0, foreign: 0 })
  expect(sessions.reduce((sum, { acked }) => sum + acked, 0)).toBe(20_000)
  await Promise.all(sessions.map(({ client }) => client.close()))
}, 120_000)
