import { documentedNatsConfig, type NatsServer, startNatsServer } from '@portcullis/test-servers'
import type { Transport } from '@portcullis/transport'
import { createNatsEvents, createNatsTransport, type NatsEvents } from '@portcullis/transport/nats'
import { afterAll, beforeAll, expect, test } from 'vitest'
import {
  createFleetAgent,
  createFleetView,
  deadLetterAnswers,
  type FleetAgent,
  type FleetChange,
  type FleetChangeLog,
  type FleetView,
} from '../src/index.ts'
import { closing } from './support/closing.ts'
import { eventually } from './support/eventually.ts'
import { counters, Gateway, session } from './support/gateway.ts'

let server: NatsServer
beforeAll(async () => {
  // With the permissions that the documentation gives to each part.
  server = await startNatsServer({ config: await documentedNatsConfig() })
})
afterAll(() => server[Symbol.asyncDispose]())

async function gatewayTransport(): Promise<Transport> {
  const transport = closing(
    createNatsTransport({
      servers: server.url,
      inboxPrefix: '_INBOX_gateway',
      connection: { user: 'gateway', pass: 'change-me' },
    }),
  )
  await transport.start()
  return transport
}

async function controlEvents(): Promise<NatsEvents> {
  const events = closing(
    createNatsEvents({
      servers: server.url,
      inboxPrefix: '_INBOX_control-plane',
      connection: { user: 'control-plane', pass: 'change-me' },
    }),
  )
  await events.start()
  return events
}

class Log implements FleetChangeLog {
  readonly changes: FleetChange[] = []
  add(): FleetChange {
    const change: FleetChange = {
      sequence: this.changes.length + 1,
      workspaceId: 'acme',
      projectId: 'shop',
      kind: 'admission',
      hosts: [],
      addedHosts: [],
      userId: null,
    }
    this.changes.push(change)
    return change
  }
  latest = async (): Promise<number> => this.changes.length
  since = async (sequence: number): Promise<FleetChange[]> => this.changes.slice(sequence)
}

async function startView(log: Log): Promise<FleetView> {
  const events = await controlEvents()
  const answers = deadLetterAnswers(events.deadLetters)
  const view = closing(createFleetView({ events, changes: log, answers }))
  await view.start()
  return view
}

async function startAgent(
  gateway: Gateway,
  gatewayId: string,
  applied: number[],
): Promise<{ agent: FleetAgent; transport: Transport }> {
  const transport = await gatewayTransport()
  const agent = closing(
    createFleetAgent({
      events: transport,
      gatewayId,
      sessions: gateway.sessions,
      counters: gateway.counters,
      onChange: ({ sequence }) => applied.push(sequence),
      onGap: () => applied.push(Number.NaN),
      reportIntervalMs: 200,
      answers: { 'session.close': ({ sessionId }) => ({ closed: gateway.open.delete(sessionId) }) },
    }),
  )
  await agent.start()
  return { agent, transport }
}

const ids = (view: FleetView): string[] =>
  view
    .sessions({ limit: 1000 })
    .items.map(({ sessionId }) => sessionId)
    .toSorted()

test('two control planes and two gateways with least privilege: sessions, changes, questions, a killed server', async () => {
  const log = new Log()
  const views = [await startView(log), await startView(log)]
  const gateways = [new Gateway(), new Gateway()]
  const applied: number[][] = [[], []]
  const agents: { agent: FleetAgent; transport: Transport }[] = []
  for (const [n, gateway] of gateways.entries()) {
    gateway.count(counters({ connections: 1 }))
    for (let one = 0; one < 500; one += 1) gateway.add(session(`gw${n}.${one}`))
    agents.push(await startAgent(gateway, `gw${n}`, applied[n] ?? []))
  }
  for (const view of views) {
    await eventually(
      () => ids(view).length,
      (count) => count === 1000,
    )
    expect(view.gateways()).toMatchObject([
      { gatewayId: 'gw0', isComplete: true },
      { gatewayId: 'gw1', isComplete: true },
    ])
  }
  views[0]?.publishChange(log.add())
  views[1]?.publishChange(log.add())
  await eventually(
    () => applied,
    (found) => found.every((list) => list.length === 3),
  )
  // Those of two control planes may overtake each other on their way.
  expect(applied.map(([gap, ...changes]) => [gap, ...changes.toSorted((a, b) => a - b)])).toEqual([
    [Number.NaN, 1, 2],
    [Number.NaN, 1, 2],
  ])
  expect(await views[1]?.ask('gw1', 'session.close', { sessionId: 'gw1.7' })).toEqual({ closed: true })
  for (const view of views)
    await eventually(
      () => view.session('gw1.7'),
      (found) => found === null,
    )

  // While the server is away a session comes, and a change that nobody can tell.
  await server.kill()
  await eventually(
    () => agents.map(({ transport }) => transport.status().state),
    (states) => states.every((state) => state === 'disconnected'),
  )
  agents[0]?.agent.sessionOpened(gateways[0]?.add(session('gw0.new')) ?? session('x'))
  log.add()
  await server.restart()
  for (const view of views)
    await eventually(
      () => view.session('gw0.new'),
      (found) => found !== null,
    )
  await eventually(
    () => applied,
    (found) => found.every((list) => list.at(-1) === 3),
  )
  expect(applied).toEqual([
    [Number.NaN, 1, 2, 3],
    [Number.NaN, 1, 2, 3],
  ])
  // What was held would have been stale: nothing was.
  for (const { transport } of agents) expect(transport.status().error).toBeUndefined()

  // A gateway that is killed is gone, and its sessions with it.
  await agents[1]?.transport.close()
  for (const view of views)
    await eventually(
      () => ids(view).length,
      (count) => count === 501,
    )

  // Dead letters are the control plane's to look at, not a gateway's.
  expect(await views[0]?.ask(null, 'dead-letters.list', { workspaceId: 'acme' })).toEqual({
    items: [],
    next: null,
  })
})
