import { afterEach, beforeEach, describe, expect, test, vi } from 'vitest'
import {
  createFleetAgent,
  createFleetView,
  type FleetAgentOptions,
  type FleetPoint,
  type FleetView,
  type FleetViewOptions,
} from '../../src/index.ts'
import { SeriesStore } from '../../src/view/series.ts'
import { Bus, type BusEvent, read } from '../support/bus.ts'
import { counters, Gateway, session } from '../support/gateway.ts'

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

function startAgent(bus: Bus, gateway: Gateway, gatewayId: string, over: Partial<FleetAgentOptions> = {}) {
  const agent = createFleetAgent({
    events: bus,
    gatewayId,
    sessions: gateway.sessions,
    counters: gateway.counters,
    onChange: () => undefined,
    onGap: () => undefined,
    startWaitMs: 0,
    ...over,
  })
  void agent.start()
  return agent
}

async function startView(bus: Bus, options: Partial<FleetViewOptions> = {}): Promise<FleetView> {
  const view = createFleetView({ events: bus, ...options })
  await view.start()
  return view
}

const buckets = (counts: Record<number, number>) => Array.from({ length: 17 }, (_, n) => counts[n] ?? 0)
const sum = (points: FleetPoint[], of: (point: FleetPoint) => number): number =>
  Math.round(points.reduce((total, point) => total + of(point), 0) * 5)

describe('charts', () => {
  test('have what happened, per project, workspace, gateway and in all, in points of five seconds', async () => {
    const bus = new Bus()
    const view = await startView(bus)
    const gateways = [new Gateway(), new Gateway()]
    for (const [n, gateway] of gateways.entries()) {
      gateway.add(session(`gw${n}.a`))
      gateway.count(counters({ connections: 1 }))
      gateway.count(counters({ projectId: 'chat', connections: 2 }))
      startAgent(bus, gateway, `gw${n}`)
    }
    await vi.advanceTimersByTimeAsync(6000)
    gateways[0]?.count(
      counters({
        connections: 1,
        received: 100,
        delivered: 50,
        refused: 5,
        latency: { count: 100, sumMs: 1, buckets: buckets({ 0: 98, 5: 2 }) },
      }),
    )
    gateways[1]?.count(counters({ projectId: 'chat', connections: 2, received: 7 }))
    await vi.advanceTimersByTimeAsync(14_000)
    const shop = view.series({ workspaceId: 'acme', projectId: 'shop', minutes: 1 })
    expect(shop).toHaveLength(12)
    expect([
      sum(shop, (point) => point.receivedPerSecond),
      sum(shop, (point) => point.deliveredPerSecond),
      sum(shop, (point) => point.refusedPerSecond),
    ]).toEqual([100, 50, 5])
    expect(shop.at(-1)).toMatchObject({ connections: 2, receivedPerSecond: 0, p50Ms: null, p99Ms: null })
    const busy = shop.find(({ receivedPerSecond }) => receivedPerSecond > 0)
    expect(busy).toMatchObject({ receivedPerSecond: 20, p99Ms: 8.75 })
    expect(busy?.p50Ms).toBeCloseTo(50 / 98)
    expect(shop[0]).toEqual({
      atMs: expect.any(Number),
      connections: 0,
      receivedPerSecond: 0,
      deliveredPerSecond: 0,
      refusedPerSecond: 0,
      p50Ms: null,
      p99Ms: null,
    })
    expect(shop.map(({ atMs }) => atMs - (shop[0]?.atMs ?? 0))).toEqual(shop.map((_, n) => n * 5000))
    const received = (query: Parameters<FleetView['series']>[0]) =>
      sum(view.series(query), (point) => point.receivedPerSecond)
    expect(received({ workspaceId: 'acme' })).toBe(107)
    expect(received({ workspaceId: 'acm' })).toBe(0)
    expect(received({ gatewayId: 'gw1' })).toBe(7)
    expect(received({})).toBe(107)
    expect(view.series({ workspaceId: 'acme' }).at(-1)?.connections).toBe(6)
    expect(view.series().at(-1)?.connections).toBe(2)
    expect(view.series()).toHaveLength(180)
  })

  test('of a view that comes later begin with what happens then', async () => {
    const bus = new Bus()
    const gateway = new Gateway()
    gateway.count(counters({ received: 1_000_000 }))
    startAgent(bus, gateway, 'gw')
    await vi.advanceTimersByTimeAsync(10_000)
    const view = await startView(bus)
    await vi.advanceTimersByTimeAsync(3000)
    gateway.count(counters({ received: 1_000_010 }))
    gateway.count(counters({ projectId: 'new', received: 3 }))
    await vi.advanceTimersByTimeAsync(20_000)
    expect(sum(view.series(), (point) => point.receivedPerSecond)).toBe(13)
  })

  test('of a gateway that is gone stay, with no connections from then on', async () => {
    const bus = new Bus()
    const view = await startView(bus)
    const gateway = new Gateway()
    gateway.count(counters({ connections: 9, received: 5 }))
    const agent = startAgent(bus, gateway, 'gw')
    await vi.advanceTimersByTimeAsync(11_000)
    await agent.close()
    await vi.advanceTimersByTimeAsync(11_000)
    const points = view.series({ workspaceId: 'acme', projectId: 'shop' })
    expect(points.at(-1)?.connections).toBe(0)
    expect(Math.max(...points.map(({ connections }) => connections))).toBe(9)
    expect(sum(points, (point) => point.receivedPerSecond)).toBe(5)
  })

  test.each([
    ['heard', (event: BusEvent) => [event]],
    ['lost', (event: BusEvent) => (event.subject.startsWith('fleet.report.') ? [] : [event])],
  ])(
    'of a project that its gateway has forgotten end, and make room for others: %s',
    async (_what, tamper) => {
      const bus = new Bus()
      const view = await startView(bus, { maxProjects: 1 })
      const gateway = new Gateway()
      gateway.count(counters({ connections: 9, received: 5 }))
      startAgent(bus, gateway, 'gw')
      await vi.advanceTimersByTimeAsync(6000)
      bus.tamper = tamper
      gateway.projects.clear()
      await vi.advanceTimersByTimeAsync(1500)
      bus.tamper = (event) => [event]
      await vi.advanceTimersByTimeAsync(3000)
      gateway.count(counters({ projectId: 'chat', connections: 1, received: 3 }))
      await vi.advanceTimersByTimeAsync(12_000)
      const last = (projectId: string) => view.series({ workspaceId: 'acme', projectId }).at(-1)?.connections
      expect([last('shop'), last('chat')]).toEqual([0, 1])
      expect(sum(view.series({ workspaceId: 'acme' }), (point) => point.receivedPerSecond)).toBe(8)
    },
  )

  test('count nothing twice that goes on while everything is told, part by part', async () => {
    const bus = new Bus()
    const view = await startView(bus)
    const gateway = new Gateway()
    for (let n = 0; n < 2000; n += 1) gateway.add(session(`gw.${n}`, { userId: 'x'.repeat(500) }))
    gateway.count(counters({ received: 1 }))
    startAgent(bus, gateway, 'gw', { reportIntervalMs: 100 })
    await vi.advanceTimersByTimeAsync(6000)
    let received = 1
    let parts = 0
    bus.tamper = (event) => {
      if (read(event).kind === 'snapshot') {
        parts += 1
        // Until the last part has come reports go on.
        gateway.count(counters({ received: (received += 10) }))
      }
      return [event]
    }
    const said = bus.seen.length
    for (const from of ['one', 'two', 'three', 'four']) {
      bus.deliver({ subject: 'fleet.hello', payload: Buffer.from(JSON.stringify({ v: 1, from })) })
      await vi.advanceTimersByTimeAsync(1900)
    }
    await vi.advanceTimersByTimeAsync(10_000)
    const kinds = bus.seen.slice(said).map((event) => read(event).kind)
    expect([parts > 12, kinds.join(' ').includes('snapshot delta snapshot')]).toEqual([true, true])
    expect(sum(view.series(), (point) => point.receivedPerSecond)).toBe(received)
  })

  test('count nothing twice of a gateway that cannot say what it has counted for a while', async () => {
    const bus = new Bus()
    const view = await startView(bus)
    const gateway = new Gateway()
    gateway.count(counters({ received: 5 }))
    let isBroken = false
    const agent = startAgent(bus, gateway, 'gw', {
      counters() {
        if (isBroken) throw new Error('not now')
        return gateway.counters()
      },
    })
    for (const broken of [false, true, false]) {
      isBroken = broken
      await vi.advanceTimersByTimeAsync(6000)
    }
    expect(sum(view.series(), (point) => point.receivedPerSecond)).toBe(5)
    await agent.close()
  })

  test('lose nothing by counters that come twice, and count ones that shrink as nothing', async () => {
    const bus = new Bus()
    const view = await startView(bus)
    const gateway = new Gateway()
    gateway.count(counters({ received: 10 }))
    bus.tamper = (event) => [event, event]
    startAgent(bus, gateway, 'gw')
    await vi.advanceTimersByTimeAsync(3000)
    gateway.count(counters({ received: 4 }))
    await vi.advanceTimersByTimeAsync(3000)
    gateway.count(counters({ received: 5 }))
    await vi.advanceTimersByTimeAsync(10_000)
    expect(sum(view.series(), (point) => point.receivedPerSecond)).toBe(11)
  })

  test('are bounded in number: the one that is idle longest goes, and none that is in use', () => {
    const store = new SeriesStore(3, 5000)
    const happened = { received: 1, delivered: 0, refused: 0, buckets: [] }
    for (const [n, key] of ['a', 'b', 'c'].entries()) store.add(key, 100 + n, happened)
    store.add('d', 200, happened)
    const has = (key: string) =>
      store.points((one) => one === key, 300, 300).some((one) => one.receivedPerSecond > 0)
    expect(['a', 'b', 'c', 'd'].map(has)).toEqual([false, true, true, true])
    for (const key of ['b', 'c', 'd', 'e']) store.add(key, 300, happened)
    expect([
      store.size,
      ['b', 'c', 'd', 'e'].map((key) => store.points((one) => one === key, 301, 1)[0]?.receivedPerSecond),
    ]).toEqual([3, [0.2, 0.2, 0.2, 0]])
  })

  test('are forgotten when nobody can ask for them any more', () => {
    const store = new SeriesStore(10, 5000)
    store.add('a', 0, { received: 1, delivered: 0, refused: 0, buckets: [] })
    store.forget(720)
    expect(store.size).toBe(1)
    store.forget(720 + 60)
    expect(store.size).toBe(0)
  })

  test.each([
    ['minutes', { minutes: 0 }],
    ['minutes', { minutes: 61 }],
    ['projectId', { projectId: 'shop' }],
    ['gatewayId', { gatewayId: 'gw', workspaceId: 'acme' }],
  ])('refuse a mistake in %s (%#)', (option, query) => {
    const view = createFleetView({ events: new Bus() })
    expect(() => view.series(query)).toThrow(new RegExp(`^"${option}"`))
  })
})
