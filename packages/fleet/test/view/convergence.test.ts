import fc from 'fast-check'
import { afterEach, beforeEach, expect, test, vi } from 'vitest'
import { createFleetAgent, createFleetView } from '../../src/index.ts'
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

type Fate = 'ok' | 'lost' | 'twice' | 'late'

/** Loses, repeats and delays what passes, as a list of fates says; when it is used up, nothing more happens. */
function meddle(bus: Bus, fates: Fate[]): void {
  let held: BusEvent[] = []
  bus.tamper = (event) => {
    const fate = fates.shift() ?? 'ok'
    if (fate === 'late') {
      held.push(event)
      return []
    }
    const overtaken = held
    held = []
    if (fate === 'lost') return overtaken
    return fate === 'twice' ? [event, ...overtaken, event] : [event, ...overtaken]
  }
}

test('whatever is lost, repeated and mixed up on the way, two views end up with what the gateway has', async () => {
  await fc.assert(
    fc.asyncProperty(
      fc.array(fc.constantFrom<Fate>('ok', 'ok', 'lost', 'twice', 'late'), { minLength: 10, maxLength: 120 }),
      fc.array(
        fc.record({
          act: fc.constantFrom('open', 'close', 'touch', 'away', 'wait'),
          id: fc.integer({ min: 0, max: 12 }),
          isTold: fc.boolean(),
        }),
        { minLength: 10, maxLength: 60 },
      ),
      async (fates, acts) => {
        const bus = new Bus()
        meddle(bus, fates)
        const gateway = new Gateway()
        const agent = createFleetAgent({
          events: bus,
          gatewayId: 'gw1',
          sessions: gateway.sessions,
          counters: gateway.counters,
          onChange: () => undefined,
          onGap: () => undefined,
          startWaitMs: 0,
        })
        const views = [createFleetView({ events: bus }), createFleetView({ events: bus })]
        void agent.start()
        await vi.advanceTimersByTimeAsync(10)
        for (const view of views) await view.start()
        let next = 0
        for (const { act, id, isTold } of acts) {
          const known = [...gateway.open.values()][id]
          if (act === 'open') {
            const opened = gateway.add(session(`gw1.${(next += 1)}`, { received: id }))
            if (isTold) agent.sessionOpened(opened)
          } else if (act === 'close' && known) {
            gateway.open.delete(known.sessionId)
            if (isTold) agent.sessionClosed(known.sessionId)
          } else if (act === 'touch' && known) {
            known.received += 1
            gateway.count(counters({ received: next, projectId: `p${id}` }))
          } else if (act === 'away') {
            bus.state = bus.state === 'connected' ? 'disconnected' : 'connected'
          }
          await vi.advanceTimersByTimeAsync(act === 'wait' ? 700 : 30)
        }
        bus.state = 'connected'
        fates.length = 0
        await vi.advanceTimersByTimeAsync(40_000)
        const truth = [...gateway.open.values()]
          .map((one) => ({ ...one, gatewayId: 'gw1' }))
          .toSorted((a, b) => (a.sessionId < b.sessionId ? -1 : 1))
        for (const view of views) {
          expect(view.sessions({ limit: 1000 }).items).toEqual(truth)
          expect(view.gateways()).toMatchObject([{ connections: truth.length, isComplete: true }])
        }
        await Promise.all([agent.close(), ...views.map((view) => view.close())])
        expect(bus.listeners).toBe(0)
      },
    ),
    { numRuns: 40 },
  )
})

test('a session that closes while everything is told, part by part, does not come back with a later part', async () => {
  const bus = new Bus()
  const gateway = new Gateway()
  for (let n = 0; n < 2000; n += 1) gateway.add(session(`gw1.${n}`, { userId: 'x'.repeat(500) }))
  const agent = createFleetAgent({
    events: bus,
    gatewayId: 'gw1',
    sessions: gateway.sessions,
    counters: gateway.counters,
    onChange: () => undefined,
    onGap: () => undefined,
    startWaitMs: 0,
  })
  void agent.start()
  await vi.advanceTimersByTimeAsync(10)
  const view = createFleetView({ events: bus })
  let parts = 0
  bus.tamper = (event) => {
    const { kind } = read(event)
    if (kind === 'snapshot' && (parts += 1) === 2) {
      for (const one of [...gateway.open.values()].slice(-50)) {
        gateway.open.delete(one.sessionId)
        agent.sessionClosed(one.sessionId)
      }
      agent.sessionOpened(gateway.add(session('gw1.new')))
    }
    return [event]
  }
  await view.start()
  await vi.advanceTimersByTimeAsync(1500)
  expect(parts).toBeGreaterThan(3)
  expect(view.gateways()).toMatchObject([{ connections: 1951, isComplete: true }])
  expect(view.stats()).toMatchObject({ sessions: 1951, gaps: 0 })
  expect([view.session('gw1.1999'), view.session('gw1.new')?.sessionId]).toEqual([null, 'gw1.new'])
  await Promise.all([agent.close(), view.close()])
})

test('a session whose closing was not heard is gone with the next telling of everything', async () => {
  const bus = new Bus()
  const gateway = new Gateway()
  gateway.add(session('gw1.a'))
  gateway.add(session('gw1.b'))
  const agent = createFleetAgent({
    events: bus,
    gatewayId: 'gw1',
    sessions: gateway.sessions,
    counters: gateway.counters,
    onChange: () => undefined,
    onGap: () => undefined,
    startWaitMs: 0,
  })
  const view = createFleetView({ events: bus })
  await view.start()
  void agent.start()
  await vi.advanceTimersByTimeAsync(1500)
  bus.tamper = (event) => (event.subject.startsWith('fleet.report.') ? [] : [event])
  gateway.open.delete('gw1.a')
  agent.sessionClosed('gw1.a')
  await vi.advanceTimersByTimeAsync(100)
  bus.tamper = (event) => [event]
  expect(view.session('gw1.a')).not.toBeNull()
  await vi.advanceTimersByTimeAsync(2500)
  expect(view.sessions().items.map(({ sessionId }) => sessionId)).toEqual(['gw1.b'])
  await Promise.all([agent.close(), view.close()])
})
