import { afterEach, beforeEach, describe, expect, test, vi } from 'vitest'
import {
  createFleetAgent,
  createFleetView,
  type FleetAgent,
  type FleetChange,
  type FleetChangeLog,
  type FleetView,
} from '../../src/index.ts'
import { Bus, read } from '../support/bus.ts'
import { Gateway } from '../support/gateway.ts'

beforeEach(() => {
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
})
afterEach(() => {
  vi.useRealTimers()
})

const change = (sequence: number, over: Partial<FleetChange> = {}): FleetChange => ({
  sequence,
  workspaceId: 'acme',
  projectId: 'shop',
  kind: 'admission',
  hosts: ['shop.example.com'],
  addedHosts: [],
  userId: null,
  ...over,
})

/** The changes of a database, and whether it answers. */
class Log implements FleetChangeLog {
  changes: FleetChange[] = []
  forgotten = 0
  isAway = false
  pageSize = 1000

  add(over: Partial<FleetChange> = {}): FleetChange {
    const one = change((this.changes.at(-1)?.sequence ?? this.forgotten) + 1, over)
    this.changes.push(one)
    return one
  }

  async latest(): Promise<number> {
    if (this.isAway) throw new Error('the database is away')
    return this.changes.at(-1)?.sequence ?? this.forgotten
  }

  async since(sequence: number): Promise<FleetChange[] | null> {
    if (this.isAway) throw new Error('the database is away')
    if (sequence < this.forgotten) return null
    return this.changes.filter((one) => one.sequence > sequence).slice(0, this.pageSize)
  }
}

class Follower {
  readonly agent: FleetAgent
  readonly applied: number[] = []
  gaps = 0

  constructor(bus: Bus, gatewayId: string) {
    const gateway = new Gateway()
    this.agent = createFleetAgent({
      events: bus,
      gatewayId,
      sessions: gateway.sessions,
      counters: gateway.counters,
      onChange: ({ sequence }) => this.applied.push(sequence),
      onGap: () => {
        this.gaps += 1
      },
    })
  }
}

async function start(log: Log | undefined, gatewayCount = 2) {
  const bus = new Bus()
  const view = createFleetView({ events: bus, ...(log ? { changes: log } : {}) })
  await view.start()
  const gateways = Array.from({ length: gatewayCount }, (_, n) => new Follower(bus, `gw${n}`))
  for (const { agent } of gateways) void agent.start()
  await vi.advanceTimersByTimeAsync(50)
  return { bus, view, gateways }
}

const applied = (gateways: Follower[]): number[][] => gateways.map((one) => one.applied)
const gaps = (gateways: Follower[]): number[] => gateways.map((one) => one.gaps)

describe('a change', () => {
  test('reaches every gateway at once, and once', async () => {
    const log = new Log()
    const { view, gateways } = await start(log)
    view.publishChange(log.add())
    view.publishChange(log.add())
    await vi.advanceTimersByTimeAsync(1)
    expect(applied(gateways)).toEqual([
      [1, 2],
      [1, 2],
    ])
    await vi.advanceTimersByTimeAsync(10_000)
    expect([applied(gateways)[0], gaps(gateways)]).toEqual([
      [1, 2],
      [1, 1],
    ])
  })

  test('that was lost is fetched with the next heartbeat', async () => {
    const log = new Log()
    const { bus, view, gateways } = await start(log)
    bus.tamper = (event) => (event.subject === 'fleet.changes' ? [] : [event])
    view.publishChange(log.add())
    await vi.advanceTimersByTimeAsync(500)
    expect(applied(gateways)).toEqual([[], []])
    bus.tamper = (event) => [event]
    await vi.advanceTimersByTimeAsync(1000)
    expect([applied(gateways), gaps(gateways)]).toEqual([
      [[1], [1]],
      [1, 1],
    ])
  })

  test('that no control plane has published is fetched too: the one that made it has died', async () => {
    const log = new Log()
    const { gateways } = await start(log)
    log.add()
    await vi.advanceTimersByTimeAsync(1100)
    expect([applied(gateways), gaps(gateways)]).toEqual([
      [[1], [1]],
      [1, 1],
    ])
  })

  test('of the time of an outage is fetched after it, in frames of a bounded size', async () => {
    const log = new Log()
    log.pageSize = 7
    const { bus, gateways } = await start(log)
    bus.tamper = () => []
    for (let n = 0; n < 30; n += 1) log.add({ hosts: Array.from({ length: 100 }, () => 'h'.repeat(255)) })
    await vi.advanceTimersByTimeAsync(30_000)
    bus.tamper = (event) => [event]
    await vi.advanceTimersByTimeAsync(2000)
    const all = Array.from({ length: 30 }, (_, n) => n + 1)
    expect([applied(gateways), gaps(gateways)]).toEqual([
      [all, all],
      [1, 1],
    ])
    expect(Math.max(...bus.seen.map(({ payload }) => payload.length))).toBeLessThanOrEqual(256 * 1024)
  })

  test('that is known no more is a gap', async () => {
    const log = new Log()
    const { bus, gateways } = await start(log)
    bus.tamper = () => []
    log.add()
    log.add()
    log.forgotten = 2
    await vi.advanceTimersByTimeAsync(5000)
    bus.tamper = (event) => [event]
    await vi.advanceTimersByTimeAsync(2000)
    expect([applied(gateways), gaps(gateways)]).toEqual([
      [[], []],
      [2, 2],
    ])
    log.add()
    await vi.advanceTimersByTimeAsync(2000)
    expect([applied(gateways), gaps(gateways)]).toEqual([
      [[3], [3]],
      [2, 2],
    ])
  })

  test('larger than a frame is a gap', async () => {
    const log = new Log()
    const { view, gateways } = await start(log, 1)
    view.publishChange(log.add({ hosts: Array.from({ length: 5000 }, () => 'h'.repeat(200)) }))
    view.publishChange(log.add())
    await vi.advanceTimersByTimeAsync(2000)
    expect([applied(gateways), gaps(gateways)]).toEqual([[[2]], [2]])
  })

  test('comes through while the database is away, and what was not published is fetched when it is back', async () => {
    const log = new Log()
    const { view, gateways } = await start(log, 1)
    log.isAway = true
    view.publishChange(log.add())
    log.add()
    await vi.advanceTimersByTimeAsync(10_000)
    expect(applied(gateways)).toEqual([[1]])
    log.isAway = false
    await vi.advanceTimersByTimeAsync(2000)
    expect([applied(gateways), gaps(gateways)]).toEqual([[[1, 2]], [1]])
  })

  test('of one of two control planes is no gap for those that follow both', async () => {
    const log = new Log()
    const { bus, view, gateways } = await start(log)
    const other = createFleetView({ events: bus, changes: log })
    await other.start()
    for (let n = 0; n < 20; n += 1) {
      ;(n % 2 === 0 ? view : other).publishChange(log.add())
      await vi.advanceTimersByTimeAsync(130)
    }
    const all = Array.from({ length: 20 }, (_, n) => n + 1)
    expect([applied(gateways), gaps(gateways)]).toEqual([
      [all, all],
      [1, 1],
    ])
  })

  test('is followed over a restart of the control plane', async () => {
    const log = new Log()
    const { bus, view, gateways } = await start(log)
    view.publishChange(log.add())
    await vi.advanceTimersByTimeAsync(10)
    await view.close()
    log.add()
    await vi.advanceTimersByTimeAsync(10_000)
    const again = createFleetView({ events: bus, changes: log })
    await again.start()
    await vi.advanceTimersByTimeAsync(10)
    expect([applied(gateways), gaps(gateways)]).toEqual([
      [
        [1, 2],
        [1, 2],
      ],
      [1, 1],
    ])
  })

  test('needs no log of a control plane that is the only one', async () => {
    const { bus, view, gateways } = await start(undefined, 1)
    bus.tamper = (event) => (event.subject === 'fleet.changes' ? [] : [event])
    view.publishChange(change(5))
    view.publishChange(change(6))
    bus.tamper = (event) => [event]
    await vi.advanceTimersByTimeAsync(2000)
    expect([applied(gateways), gaps(gateways)]).toEqual([[[5, 6]], [1]])
    expect(() => view.publishChange(change(6))).toThrow(TypeError)
  })

  test.each<[string, unknown]>([
    ['nothing', undefined],
    ['a sequence of zero', change(0)],
    ['a sequence that is none', change(1.5)],
    ['a kind that is none', change(1, { kind: 'other' as never })],
    ['a project that is none', change(1, { projectId: 'a.b' })],
    ['hosts that are none', change(1, { hosts: 'x' as never })],
  ])('that has %s is refused', async (_what, wrong) => {
    const { view } = await start(new Log(), 0)
    expect(() => view.publishChange(wrong as FleetChange)).toThrow(TypeError)
  })
})

test('heartbeats come once a second from each control plane, however many gateways there are', async () => {
  const log = new Log()
  const { bus } = await start(log, 10)
  bus.seen.length = 0
  await vi.advanceTimersByTimeAsync(10_000)
  const said = bus.seen.filter(({ subject }) => subject === 'fleet.changes').map(read)
  expect(said).toHaveLength(10)
  expect(said[0]).toMatchObject({ v: 1, kind: 'beat', latest: 0 })
})

test('what an application throws ends nothing', async () => {
  const bus = new Bus()
  const log = new Log()
  const gateway = new Gateway()
  let calls = 0
  const errors: string[] = []
  const fail = () => {
    calls += 1
    throw new Error('not today')
  }
  const agent = createFleetAgent({
    events: bus,
    gatewayId: 'gw',
    sessions: gateway.sessions,
    counters: gateway.counters,
    onChange: fail,
    onGap: fail,
    logger: { debug: fail, info: fail, warn: fail, error: (_fields, message) => errors.push(message) },
  })
  const view: FleetView = createFleetView({ events: bus, changes: log })
  await view.start()
  void agent.start()
  await vi.advanceTimersByTimeAsync(50)
  view.publishChange(log.add())
  view.publishChange(log.add())
  await vi.advanceTimersByTimeAsync(50)
  expect([calls, errors]).toEqual([
    3,
    ['handling a gap failed', 'applying a change failed', 'applying a change failed'],
  ])
})
