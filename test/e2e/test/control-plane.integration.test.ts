import { afterAll, beforeAll, describe, expect, test } from 'vitest'
import { Delays } from '../src/delays.ts'
import { type ControlPlane, FleetSystem, type GatewayProcess, workerInside } from '../src/fleet-system.ts'
import { connectClient, until } from '../src/interop-clients.ts'
import { becomeOperator, type Operator, type SeenSession } from '../src/operator.ts'
import { connectRefused, RawClient } from '../src/raw-client.ts'

const V1 = { protocols: ['portcullis.v1'] }

let system: FleetSystem
let controlPlane: ControlPlane
let gateway: GatewayProcess
let operator: Operator
/** Somebody in another project, whom nothing here concerns. */
let bystander: RawClient
const delays = new Delays()

const connect = (host: string): Promise<RawClient> => RawClient.open(gateway.ws, { ...V1, headers: { host } })

async function isAlive(client: RawClient): Promise<void> {
  client.received.length = 0
  client.send({ type: 'ping' })
  await client.frame({ type: 'pong' })
}

async function sessionOf(client: RawClient): Promise<SeenSession> {
  const { sessionId } = await client.frame({ type: 'welcome' })
  const found = async (): Promise<SeenSession | undefined> =>
    (await operator.sessions('demo')).find((session) => session.sessionId === sessionId)
  await expect.poll(found, { timeout: 10_000 }).toBeDefined()
  return (await found()) as SeenSession
}

// What a newcomer has: two processes, nothing installed, nothing configured.
beforeAll(async () => {
  system = await FleetSystem.create()
  controlPlane = await system.startControlPlane()
  gateway = await system.startGateway(controlPlane.url, workerInside('demo', 'chat'))
  operator = await becomeOperator(controlPlane.process, controlPlane.url)
  await operator.do('POST', '/workspaces/demo/projects', {
    projectId: 'elsewhere',
    hosts: ['elsewhere.test'],
    auth: { mode: 'none' },
  })
  bystander = await connect('elsewhere.test')
})
afterAll(async () => {
  delays.print()
  await system?.[Symbol.asyncDispose]()
})

describe('without NATS', () => {
  test('a newcomer follows the set-up link and sees the own sessions, with what they sent and got', async () => {
    const client = await connect('localhost')
    client.send({ actor: 'counter', actorId: 'a', n: 1 })
    await client.frame({ type: 'message' })
    expect(await sessionOf(client)).toMatchObject({ projectId: 'chat', userId: null, host: 'localhost' })
    await expect
      .poll(async () => sessionOf(client), { timeout: 10_000 })
      .toMatchObject({ received: 1, delivered: 1 })
    const [seen] = await operator.items<{ gatewayId: string; connections: number }>('/gateways')
    expect(seen).toMatchObject({ gatewayId: (await sessionOf(client)).gatewayId })
    client.socket.close()
    await expect
      .poll(async () => (await operator.sessions('demo')).map(({ projectId }) => projectId), {
        timeout: 10_000,
      })
      .toEqual(['elsewhere'])
  })

  test('a session is ended by its session, and no other', async () => {
    const [client, other] = [await connect('localhost'), await connect('localhost')]
    const { sessionId } = await sessionOf(client)
    const [closed] = await delays.measure(
      'a session disconnected, one process',
      () => operator.do('DELETE', `/workspaces/demo/sessions/${sessionId}`),
      [client.closed],
    )
    expect(closed).toMatchObject({ code: 4403 })
    await isAlive(other)
    other.socket.close()
  })

  test('what workers gave up on is seen, and is done when it is replayed', async () => {
    const client = await connect('localhost')
    client.send({ actor: 'flaky', actorId: 'a', n: 7 })
    client.send({ actor: 'flaky', actorId: 'b', n: 8 })
    const letters = (): Promise<{ id: string; actorId: string }[]> =>
      operator.items('/workspaces/demo/dead-letters')
    await expect.poll(async () => (await letters()).length, { timeout: 10_000 }).toBe(2)
    const letter = (await letters()).find(({ actorId }) => actorId === 'a')
    const path = `/workspaces/demo/dead-letters/${letter?.id}`
    expect((await operator.do('GET', path)).body).toMatchObject({
      projectId: 'chat',
      actor: 'flaky',
      message: { actor: 'flaky', actorId: 'a', n: 7 },
    })
    await operator.do('POST', `${path}/replay`)
    expect(await client.frame({ type: 'message' })).toMatchObject({ message: { done: 7 } })
    const [dropped] = await letters()
    await operator.do('DELETE', `/workspaces/demo/dead-letters/${dropped?.id}`)
    expect(await letters()).toEqual([])
    client.socket.close()
  })

  test('peers, methods and contexts of the interop gateway are there to be looked at', async () => {
    const io = await connectClient(gateway.gw, 'ann')
    await io.interop.register('Orders.Open', () => undefined)
    await io.contexts.update('desk', { focus: 'nobody else’s business' })
    expect(await operator.items('/interop/peers')).toMatchObject([{ user: 'ann', local: true }])
    expect(await operator.items('/interop/methods')).toEqual(
      expect.arrayContaining([expect.objectContaining({ name: 'Orders.Open', user: 'ann' })]),
    )
    const contexts = await operator.items('/interop/contexts')
    expect(contexts).toMatchObject([{ name: 'desk', user: 'ann', visibility: 'local' }])
    expect(JSON.stringify(contexts)).not.toContain('business')
    const question = { kind: 'context', name: 'desk', identity: { user: 'ann' } }
    expect((await operator.do('POST', '/visibility/explain', question)).body).toMatchObject({
      decision: 'local',
      rule: null,
    })
    await io.connection.logout()
  })

  test('with another mode of the project its sessions end', async () => {
    const client = await connect('localhost')
    const [closed] = await delays.measure(
      'another mode, one gateway without NATS',
      () =>
        operator.change('/workspaces/demo/projects/chat', {
          auth: { mode: 'jwt-secret', secret: 'a-secret-of-a-project-in-a-test-32' },
        }),
      [client.closed],
    )
    expect(closed).toMatchObject({ code: 4401 })
    expect(await connectRefused(gateway.ws, { ...V1, headers: { host: 'localhost' } })).toMatchObject({
      statusCode: 401,
    })
    await isAlive(bystander)
    await operator.change('/workspaces/demo/projects/chat', { auth: { mode: 'none' } })
    await until(async () => (await connect('localhost')).socket.close())
  })

  test('sessions outlive the control plane, which sees them again and is heard again when it is back', async () => {
    const client = await connect('localhost')
    await sessionOf(client)
    await controlPlane.kill()
    client.send({ actor: 'counter', actorId: 'a', n: 2 })
    expect(await client.frame({ type: 'message' })).toMatchObject({ message: { n: 2 } })
    await controlPlane.restart()
    await sessionOf(client)
    const project = { hosts: ['elsewhere.test'], auth: { mode: 'none' } }
    await operator.change('/workspaces/demo/projects/chat', { hosts: ['chat.test'] })
    expect(await client.closed).toMatchObject({ code: 4401 })
    expect((await operator.do('GET', '/workspaces/demo/projects/elsewhere')).body).toMatchObject(project)
    await isAlive(bystander)
  })
})
