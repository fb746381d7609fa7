import { createEmbeddedTransport, EmbeddedBroker } from '@portcullis/transport/embedded'
import { beforeEach, describe, expect, test } from 'vitest'
import {
  createFleetAgent,
  createFleetView,
  type FleetAgent,
  type FleetAgentOptions,
  type FleetView,
  type FleetViewOptions,
} from '../../src/index.ts'
import { closing } from '../support/closing.ts'
import { eventually } from '../support/eventually.ts'
import { counters, Gateway, session } from '../support/gateway.ts'

let broker: EmbeddedBroker
beforeEach(() => {
  broker = new EmbeddedBroker()
})

async function events() {
  const transport = closing(createEmbeddedTransport({ broker }))
  await transport.start()
  return transport
}

async function startView(options: Partial<FleetViewOptions> = {}): Promise<FleetView> {
  const view = closing(createFleetView({ events: await events(), ...options }))
  await view.start()
  return view
}

async function startAgent(gateway: Gateway, options: Partial<FleetAgentOptions> = {}): Promise<FleetAgent> {
  const agent = closing(
    createFleetAgent({
      events: await events(),
      gatewayId: 'gw1',
      sessions: gateway.sessions,
      counters: gateway.counters,
      onChange: () => undefined,
      onGap: () => undefined,
      reportIntervalMs: 100,
      startWaitMs: 0,
      ...options,
    }),
  )
  await agent.start()
  return agent
}

const ids = (view: FleetView): string[] =>
  view
    .sessions({ limit: 1000 })
    .items.map(({ sessionId }) => sessionId)
    .toSorted()

describe('a view', () => {
  test('has the sessions a gateway has when it starts, those that come and not those that went', async () => {
    const view = await startView()
    const gateway = new Gateway()
    gateway.add(session('gw1.a'))
    const agent = await startAgent(gateway, { name: 'edge', version: '1.2.3', answers: {} })
    await eventually(
      () => ids(view),
      (found) => found.length === 1,
    )
    agent.sessionOpened(gateway.add(session('gw1.b')))
    await eventually(
      () => ids(view),
      (found) => found.length === 2,
    )
    gateway.open.delete('gw1.a')
    agent.sessionClosed('gw1.a')
    expect(
      await eventually(
        () => ids(view),
        (found) => found.length === 1,
      ),
    ).toEqual(['gw1.b'])
    expect(view.session('gw1.b')).toEqual({ ...session('gw1.b'), gatewayId: 'gw1' })
    expect(view.session('gw1.a')).toBeNull()
    expect(view.gateways()).toEqual([
      {
        gatewayId: 'gw1',
        name: 'edge',
        version: '1.2.3',
        sinceMs: expect.any(Number),
        connections: 1,
        lastReportAtMs: expect.any(Number),
        isComplete: true,
        droppedSessions: 0,
        answers: [],
      },
    ])
  })

  test('finds out by reports alone what opened, closed and went on', async () => {
    const view = await startView()
    const gateway = new Gateway()
    const one = gateway.add(session('gw1.a'))
    await startAgent(gateway)
    gateway.add(session('gw1.b'))
    await eventually(
      () => ids(view),
      (found) => found.length === 2,
    )
    Object.assign(one, { received: 5, delivered: 7, inFlight: 2, bufferedBytes: 99, expiresAtMs: 12 })
    gateway.open.delete('gw1.b')
    await eventually(
      () => view.session('gw1.a')?.received,
      (received) => received === 5,
    )
    expect(view.session('gw1.a')).toMatchObject({
      delivered: 7,
      inFlight: 2,
      bufferedBytes: 99,
      expiresAtMs: 12,
    })
    expect(ids(view)).toEqual(['gw1.a'])
  })

  test('that starts later, or again, is told everything', async () => {
    const gateway = new Gateway()
    for (let n = 0; n < 50; n += 1) gateway.add(session(`gw1.${n}`))
    await startAgent(gateway)
    for (let life = 0; life < 2; life += 1) {
      const view = await startView()
      await eventually(
        () => view.gateways()[0]?.isComplete,
        (isComplete) => isComplete === true,
      )
      expect(ids(view)).toHaveLength(50)
      await view.close()
      expect([view.gateways(), ids(view)]).toEqual([[], []])
    }
  })

  test('and another one see the same', async () => {
    const [one, two] = [await startView(), await startView()]
    const gateways = [new Gateway(), new Gateway()]
    for (const [n, gateway] of gateways.entries()) {
      gateway.add(session(`gw${n}.a`))
      await startAgent(gateway, { gatewayId: `gw${n}` })
    }
    const late = await startView()
    for (const view of [one, two, late]) {
      await eventually(
        () => ids(view),
        (found) => found.length === 2,
      )
      expect(view.gateways().map(({ gatewayId }) => gatewayId)).toEqual(['gw0', 'gw1'])
    }
  })

  test('holds ten thousand sessions of a gateway, told in frames of a bounded size', async () => {
    const spy = await events()
    let largest = 0
    let frames = 0
    await spy.subscribeEvents('fleet.report.*', (payload) => {
      largest = Math.max(largest, payload.length)
      frames += 1
    })
    const gateway = new Gateway()
    for (let n = 0; n < 10_000; n += 1) {
      gateway.add(session(`gw1.${n}`, { connectedAtMs: n, userId: `user ${n % 10} ${'\u0000'.repeat(10)}` }))
    }
    const agent = await startAgent(gateway)
    const view = await startView()
    await eventually(
      () => view.gateways()[0]?.isComplete,
      (isComplete) => isComplete === true,
      20_000,
    )
    expect(view.stats()).toMatchObject({ sessions: 10_000, gaps: 0 })
    expect(largest).toBeLessThanOrEqual(256 * 1024)
    expect(frames).toBeGreaterThan(10)
    // Once it is known, only what changes is told.
    const before = frames
    agent.sessionOpened(gateway.add(session('gw1.new')))
    await eventually(
      () => view.session('gw1.new'),
      (found) => found !== null,
    )
    expect(frames - before).toBeLessThan(5)
    expect(agent.stats()).toMatchObject({ sessions: 10_001, snapshots: 1, framesLost: 0 })
  })

  test('forgets a gateway that says goodbye at once, and one that falls silent after four reports', async () => {
    const view = await startView()
    const [polite, dead] = [new Gateway(), new Gateway()]
    polite.add(session('gw1.a'))
    dead.add(session('gw2.a'))
    const first = await startAgent(polite)
    const silent = await events()
    const second = createFleetAgent({
      events: silent,
      gatewayId: 'gw2',
      sessions: dead.sessions,
      counters: dead.counters,
      onChange: () => undefined,
      onGap: () => undefined,
      reportIntervalMs: 100,
      startWaitMs: 0,
    })
    await second.start()
    await eventually(
      () => ids(view),
      (found) => found.length === 2,
    )
    await first.close()
    await eventually(
      () => ids(view),
      (found) => found.length === 1,
    )
    await silent.close()
    expect(
      await eventually(
        () => view.gateways(),
        (gateways) => gateways.length === 0,
      ),
    ).toEqual([])
    expect(ids(view)).toEqual([])
    await second.close()
  })

  test('takes a gateway that started anew under its old id for a new one', async () => {
    const view = await startView()
    const gateway = new Gateway()
    gateway.add(session('gw1.a'))
    const silent = await events()
    const first = createFleetAgent({
      events: silent,
      gatewayId: 'gw1',
      sessions: gateway.sessions,
      counters: gateway.counters,
      onChange: () => undefined,
      onGap: () => undefined,
      reportIntervalMs: 60_000,
      startWaitMs: 0,
    })
    await first.start()
    await eventually(
      () => ids(view),
      (found) => found.length === 1,
    )
    await silent.close()
    const anew = new Gateway()
    anew.add(session('gw1.b'))
    await startAgent(anew)
    await eventually(
      () => ids(view).join(),
      (found) => found === 'gw1.b',
    )
    await first.close()
  })

  test('keeps no more sessions than it may, says so, and takes more when there is room', async () => {
    const view = await startView({ maxSessions: 10 })
    const gateway = new Gateway()
    for (let n = 0; n < 15; n += 1) gateway.add(session(`gw1.${n}`))
    const agent = await startAgent(gateway)
    await eventually(
      () => view.stats().droppedSessions,
      (dropped) => dropped === 5,
    )
    expect(view.gateways()[0]).toMatchObject({ connections: 15, droppedSessions: 5, isComplete: false })
    expect(view.stats()).toMatchObject({ sessions: 10, droppedSessions: 5 })
    for (let n = 0; n < 15; n += 1) agent.sessionClosed(`gw1.${n}`)
    gateway.open.clear()
    await eventually(
      () => view.stats().sessions,
      (sessions) => sessions === 0,
    )
    expect(view.stats().droppedSessions).toBe(0)
    agent.sessionOpened(gateway.add(session('gw1.x')))
    await eventually(
      () => ids(view),
      (found) => found.length === 1,
    )
    expect(view.gateways()[0]).toMatchObject({ isComplete: true, droppedSessions: 0 })
  })
})

describe('a page of sessions', () => {
  async function filled(): Promise<FleetView> {
    const view = await startView()
    const gateway = new Gateway()
    for (let n = 0; n < 60; n += 1) {
      gateway.add(
        session(`gw1.${String(n).padStart(2, '0')}`, {
          connectedAtMs: Math.floor(n / 3),
          workspaceId: n % 2 === 0 ? 'acme' : 'other',
          projectId: n % 4 === 0 ? 'shop' : 'chat',
          userId: n % 5 === 0 ? null : `user${n % 5}`,
        }),
      )
    }
    await startAgent(gateway)
    await eventually(
      () => view.stats().sessions,
      (count) => count === 60,
    )
    return view
  }

  test('is newest first, and goes on where the one before ended', async () => {
    const view = await filled()
    for (const limit of [1, 7, 60, 1000]) {
      const found: string[] = []
      let after: string | undefined
      do {
        const page = view.sessions({ limit, after })
        expect(page.items.length).toBeLessThanOrEqual(limit)
        found.push(...page.items.map(({ sessionId }) => sessionId))
        after = page.next ?? undefined
      } while (after !== undefined)
      const all = view.sessions({ limit: 1000 }).items
      expect(found).toEqual(all.map(({ sessionId }) => sessionId))
      expect(new Set(found).size).toBe(60)
      expect(all.map(({ connectedAtMs }) => connectedAtMs)).toEqual(
        all.map(({ connectedAtMs }) => connectedAtMs).toSorted((a, b) => b - a),
      )
    }
  })

  test('has those of a workspace, a project, a user or a gateway, and nobody else’s', async () => {
    const view = await filled()
    const of = (query: Parameters<FleetView['sessions']>[0]) => view.sessions({ limit: 1000, ...query }).items
    expect(of({ workspaceId: 'acme' })).toHaveLength(30)
    expect(new Set(of({ workspaceId: 'acme' }).map(({ workspaceId }) => workspaceId))).toEqual(
      new Set(['acme']),
    )
    expect(of({ workspaceId: 'acme', projectId: 'shop' })).toHaveLength(15)
    expect(of({ workspaceId: 'other', projectId: 'shop' })).toEqual([])
    expect(of({ workspaceId: 'acme', userId: 'user1' })).toHaveLength(6)
    expect(of({ gatewayId: 'gw1' })).toHaveLength(60)
    expect(of({ gatewayId: 'gw2' })).toEqual([])
  })

  test.each([
    ['limit', { limit: 0 }],
    ['limit', { limit: 1001 }],
    ['limit', { limit: 1.5 }],
    ['after', { after: '' }],
    ['after', { after: 'x' }],
    ['after', { after: '1.a b' }],
    ['after', { after: '-1.a' }],
  ])('refuses a mistake in %s (%#)', async (option, query) => {
    const view = createFleetView({ events: await events() })
    expect(() => view.sessions(query)).toThrow(new RegExp(`^"${option}"`))
    await view.close()
  })
})

test('a gateway that cannot say what it has for a while has what it said last', async () => {
  const view = await startView()
  const gateway = new Gateway()
  gateway.add(session('gw1.a'))
  let isBroken = false
  const errors: string[] = []
  const silent = () => undefined
  const broken = <T>(give: () => Iterable<T>) =>
    function* () {
      yield* give()
      if (isBroken) throw new Error('not now')
    }
  const agent = await startAgent(gateway, {
    sessions: broken(gateway.sessions),
    counters: broken(gateway.counters),
    logger: { debug: silent, info: silent, warn: silent, error: (_fields, message) => errors.push(message) },
  })
  isBroken = true
  const late = await startView()
  await eventually(
    () => errors,
    (found) => found.length > 4,
  )
  expect([ids(view), late.gateways()[0]?.connections]).toEqual([['gw1.a'], 1])
  isBroken = false
  gateway.add(session('gw1.b'))
  await eventually(
    () => [view, late].map(ids).join(' '),
    (found) => found === 'gw1.a,gw1.b gw1.a,gw1.b',
  )
  agent.sessionOpened(null as never)
})

test('sessions and counters that cannot be told are cut or left out, and the others are told', async () => {
  const view = await startView()
  const gateway = new Gateway()
  gateway.add(session('gw1.long', { userId: `${'x'.repeat(511)}😀`, host: 'h'.repeat(9999) }))
  gateway.add(session('gw1.odd', { received: Number.NaN, delivered: -1, inFlight: 1.5, connectedAtMs: 12.7 }))
  gateway.add(session('gw1.far', { connectedAtMs: 1e30, expiresAtMs: 1e30 }))
  gateway.add(session('not an id'))
  gateway.add(session('gw1.other', { workspaceId: 'not a workspace' }))
  gateway.count(counters({ projectId: '*' }))
  gateway.count(
    counters({ connections: 3, latency: { count: Number.NaN, sumMs: -1, buckets: [1, Number.NaN] } }),
  )
  await startAgent(gateway)
  await eventually(
    () => ids(view),
    (found) => found.length === 3,
  )
  const last = Date.parse('9999-12-31T23:59:59.999Z')
  expect(view.session('gw1.far')).toMatchObject({ connectedAtMs: last, expiresAtMs: last })
  expect(view.session('gw1.long')).toMatchObject({ userId: 'x'.repeat(511), host: 'h'.repeat(255) })
  expect(view.session('gw1.odd')).toMatchObject({ received: 0, delivered: 0, inFlight: 1, connectedAtMs: 12 })
  expect(view.gateways()[0]?.isComplete).toBe(true)
  expect(view.stats()).toMatchObject({ ignored: 0, gaps: 0 })
})
