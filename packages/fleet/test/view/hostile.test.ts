import fc from 'fast-check'
import { afterEach, beforeEach, describe, expect, test, vi } from 'vitest'
import { createFleetAgent, createFleetView, type FleetAgent, type FleetView } from '../../src/index.ts'
import { Bus } from '../support/bus.ts'
import { counters, Gateway, session } from '../support/gateway.ts'

let bus: Bus
let view: FleetView
let agent: FleetAgent
let questions: number
beforeEach(async () => {
  vi.useFakeTimers({
    toFake: [
      'setTimeout',
      'clearTimeout',
      'setInterval',
      'clearInterval',
      'setImmediate',
      'performance',
      'Date',
    ],
  })
  bus = new Bus()
  questions = 0
  view = createFleetView({ events: bus, maxGateways: 5, maxSessions: 50, maxProjects: 20, maxSeries: 10 })
  await view.start()
  const gateway = new Gateway()
  gateway.add(session('gw.a'))
  agent = createFleetAgent({
    events: bus,
    gatewayId: 'gw',
    sessions: gateway.sessions,
    counters: gateway.counters,
    onChange: () => undefined,
    onGap: () => undefined,
    startWaitMs: 0,
    answers: {
      'session.close': () => {
        questions += 1
        return { closed: true }
      },
    },
  })
  void agent.start()
  await vi.advanceTimersByTimeAsync(100)
  expect(view.sessions().items).toHaveLength(1)
})
afterEach(async () => {
  await Promise.all([agent.close(), view.close()])
  vi.useRealTimers()
})

const say = (subject: string, value: unknown): void => {
  bus.deliver({ subject, payload: Buffer.from(typeof value === 'string' ? value : JSON.stringify(value)) })
}

const head = {
  v: 1,
  epoch: 'e',
  startedAt: 1,
  n: 1,
  intervalMs: 60_000,
  name: '',
  version: '',
  answers: [],
  connections: 0,
}

/** Written out it has a year of five digits, which schemas of times refuse. */
const TOO_LATE = Date.parse('9999-12-31T23:59:59.999Z') + 1
const delta = { kind: 'delta', opened: [], closed: [], touched: [], projects: [] }

/** The gateway that was there first goes on as before. */
async function isUnmoved(): Promise<void> {
  await vi.advanceTimersByTimeAsync(3000)
  expect(view.session('gw.a')).not.toBeNull()
  const asked = view.ask('gw', 'session.close', { sessionId: 'gw.a' })
  await vi.advanceTimersByTimeAsync(10)
  expect(await asked).toEqual({ closed: true })
}

describe('what is none of the protocol is counted, and changes nothing', () => {
  const deep = '['.repeat(100_000)
  test.each<[string, string, unknown]>([
    ['no JSON', 'fleet.report.x', 'hello'],
    ['nothing', 'fleet.report.x', ''],
    ['null', 'fleet.report.x', 'null'],
    ['a list', 'fleet.report.x', '[]'],
    ['a deep list', 'fleet.report.x', deep],
    ['another version', 'fleet.report.x', { ...head, from: 'x', ...delta, v: 2 }],
    ['a report about somebody else', 'fleet.report.x', { ...head, from: 'y', ...delta }],
    ['a report of a kind that is none', 'fleet.report.x', { ...head, from: 'x', kind: 'other' }],
    ['a number that is none', 'fleet.report.x', { ...head, from: 'x', ...delta, n: 0 }],
    ['an interval that is too long', 'fleet.report.x', { ...head, from: 'x', ...delta, intervalMs: 1e9 }],
    [
      'a session that is none',
      'fleet.report.x',
      { ...head, from: 'x', ...delta, opened: [{ sessionId: 'x.1' }] },
    ],
    [
      'a session of a time after the year 9999',
      'fleet.report.x',
      { ...head, from: 'x', ...delta, opened: [session('x.1', { connectedAtMs: TOO_LATE })] },
    ],
    [
      'a new end of a session after the year 9999',
      'fleet.report.x',
      { ...head, from: 'x', ...delta, touched: [['x.1', 0, 0, 0, 0, TOO_LATE]] },
    ],
    ['a start after the year 9999', 'fleet.report.x', { ...head, from: 'x', ...delta, startedAt: TOO_LATE }],
    [
      'a session with a long name',
      'fleet.report.x',
      { ...head, from: 'x', ...delta, opened: [session('x.1', { userId: 'u'.repeat(513) })] },
    ],
    [
      'a frame that is too large',
      'fleet.report.x',
      { ...head, from: 'x', ...delta, pad: 'x'.repeat(256 * 1024) },
    ],
    ['an answer to nothing', 'answer', { v: 1, from: 'gw', id: 'x', part: 0, parts: 1, text: '{}' }],
    ['an answer that is none', 'answer', { v: 1, from: 'gw' }],
  ])('%s', async (_what, subject, value) => {
    const before = view.stats()
    say(subject === 'answer' ? `fleet.answer.${view.controlPlaneId}` : subject, value)
    await vi.advanceTimersByTimeAsync(10)
    expect(view.stats()).toMatchObject({ gateways: 1, sessions: 1, gaps: 0, ignored: before.ignored + 1 })
    await isUnmoved()
  })

  test.each<[string, string, unknown]>([
    ['a question that is none', 'fleet.ask.gw', { v: 1, from: 'x', id: 'y' }],
    [
      'a question of no control plane',
      'fleet.ask.gw',
      { v: 1, from: 'a.b', id: 'y', question: 'x', timeoutMs: 1 },
    ],
    [
      'changes that are none',
      'fleet.changes',
      { v: 1, from: 'x', log: 'l', kind: 'changes', after: 0, through: 1 },
    ],
    ['a hello of another version', 'fleet.hello', { v: 9, from: 'x' }],
    ['no JSON', 'fleet.hello', '\u0000'],
    ['a heartbeat of infinity', 'fleet.changes', '{"v":1,"from":"x","log":"l","kind":"beat","latest":1e999}'],
  ])('for a gateway: %s', async (_what, subject, value) => {
    const before = agent.stats()
    say(subject, value)
    await vi.advanceTimersByTimeAsync(10)
    expect(agent.stats()).toMatchObject({ changes: 0, gaps: before.gaps, ignored: before.ignored + 1 })
    await isUnmoved()
  })

  test('any bytes on any subject', async () => {
    await fc.assert(
      fc.asyncProperty(
        fc.constantFrom(
          'fleet.report.gw',
          'fleet.report.x',
          'fleet.ask.gw',
          'fleet.changes',
          'fleet.hello',
          'fleet.answer.x',
        ),
        fc.oneof(
          fc.uint8Array(),
          fc.json().map((text) => Buffer.from(text)),
        ),
        async (subject, payload) => {
          bus.deliver({ subject, payload })
          await vi.advanceTimersByTimeAsync(1)
        },
      ),
    )
    await isUnmoved()
  })
})

describe('a foreign publisher', () => {
  test('cannot make more gateways, sessions, projects and charts than are kept', async () => {
    for (let n = 0; n < 100; n += 1) {
      const from = `evil${n}`
      const opened = Array.from({ length: 30 }, (_, one) => session(`${from}.${one}`))
      const projects = Array.from({ length: 30 }, (_, one) =>
        counters({ projectId: `p${n}-${one}`, received: 1, connections: 1 }),
      )
      say(`fleet.report.${from}`, { ...head, from, ...delta, opened, projects })
    }
    await vi.advanceTimersByTimeAsync(20_000)
    const stats = view.stats()
    expect(stats.gateways).toBe(5)
    expect(stats.sessions).toBeLessThanOrEqual(50)
    expect(stats.series).toBeLessThanOrEqual(10)
    expect(stats.droppedSessions).toBeGreaterThan(0)
    expect(stats.ignored).toBeGreaterThan(90)
    await isUnmoved()
  })

  test('that does not know how a gateway began cannot speak for it', async () => {
    say('fleet.report.gw', { ...head, from: 'gw', kind: 'bye' })
    say('fleet.report.gw', { ...head, from: 'gw', ...delta, n: Number.MAX_SAFE_INTEGER, startedAt: 0 })
    await isUnmoved()
    expect(view.stats().ignored).toBe(2)
  })

  test('that answers for another gateway is not heard', async () => {
    let frame: { id: string } | undefined
    bus.tamper = (event) => {
      if (!event.subject.startsWith('fleet.ask.')) return [event]
      frame = JSON.parse(Buffer.from(event.payload).toString()) as { id: string }
      return []
    }
    const asked = view
      .ask('gw', 'session.close', { sessionId: 'gw.a' }, { timeoutMs: 100 })
      .catch((error) => error)
    const answer = { v: 1, id: frame?.id, part: 0, parts: 1, text: '{"closed":true}' }
    say(`fleet.answer.${view.controlPlaneId}`, { ...answer, from: 'evil' })
    await vi.advanceTimersByTimeAsync(200)
    expect(await asked).toMatchObject({ code: 'ERR_FLEET_TIMEOUT' })
    expect([questions, view.stats().ignored]).toEqual([0, 1])
  })

  test('that says hello without end is answered once a second', async () => {
    const before = agent.stats().snapshots
    for (let n = 0; n < 1000; n += 1) {
      say('fleet.hello', { v: 1, from: 'x', ...(n % 2 === 0 ? {} : { to: 'gw' }) })
      await vi.advanceTimersByTimeAsync(10)
    }
    expect(agent.stats().snapshots - before).toBeLessThanOrEqual(11)
    await isUnmoved()
  })

  test('that asks without end makes a gateway busy, and no larger', async () => {
    const answers: string[] = []
    await bus.subscribeEvents('fleet.answer.x', (payload) => answers.push(Buffer.from(payload).toString()))
    for (let n = 0; n < 500; n += 1) {
      say('fleet.ask.gw', { v: 1, from: 'x', id: `q${n}`, question: 'nonsense', args: {}, timeoutMs: 1000 })
    }
    await vi.advanceTimersByTimeAsync(100)
    expect(answers).toHaveLength(500)
    expect(agent.stats().questions).toBe(0)
  })
})
