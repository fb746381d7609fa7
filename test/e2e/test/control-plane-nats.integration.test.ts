import { startNatsServer, startPostgres, startProcess } from '@portcullis/test-servers'
import { afterAll, beforeAll, describe, expect, test } from 'vitest'
import { Delays } from '../src/delays.ts'
import { type ControlPlane, FleetSystem, type GatewayProcess } from '../src/fleet-system.ts'
import { register, takeTokens } from '../src/machine-client.ts'
import { becomeOperator, type Operator } from '../src/operator.ts'
import { FLAKY_WORKER, WORKER_CLI } from '../src/paths.ts'
import { connectRefused, RawClient } from '../src/raw-client.ts'
import { MACHINE_SECRETS, PROJECT_SECRET } from '../src/system.ts'
import { mintToken } from '../src/tokens.ts'

let system: FleetSystem
let env: { NATS_URL: string; DATABASE_URL: string }
let controlPlane: ControlPlane
let gateways: GatewayProcess[]
let operator: Operator
/** On each gateway somebody whom nothing here concerns. */
let bystanders: RawClient[]
const delays = new Delays()

/** Each project has a secret of its own: a token is for one of them only. */
const secretOf = (projectId: string): string => `${projectId}: ${PROJECT_SECRET}`
const secretAuth = (projectId: string): object => ({ mode: 'jwt-secret', secret: secretOf(projectId) })
const tokenFor = (projectId: string, subject: string): Promise<string> =>
  mintToken({ subject, secret: secretOf(projectId) })

/** One client on each gateway. */
const connectBoth = (host: string, token?: string): Promise<RawClient[]> =>
  Promise.all(
    gateways.map(({ ws }) =>
      RawClient.open(ws, {
        protocols: ['portcullis.v1', ...(token === undefined ? [] : [`bearer.${token}`])],
        headers: { host },
      }),
    ),
  )

const addProject = (projectId: string, hosts: string[], auth: object): Promise<unknown> =>
  operator.do('POST', '/workspaces/acme/projects', { projectId, hosts, auth })

const closes = (clients: RawClient[]): Promise<{ code: number }>[] => clients.map(({ closed }) => closed)

async function areAlive(clients: RawClient[]): Promise<void> {
  for (const client of clients) {
    client.received.length = 0
    client.send({ type: 'ping' })
    await client.frame({ type: 'pong' })
  }
}

const leave = (...clients: RawClient[]): void => {
  for (const { socket } of clients) socket.close()
}

beforeAll(async () => {
  system = await FleetSystem.create()
  const [nats, postgres] = await Promise.all([startNatsServer(), startPostgres()])
  system.use(nats)
  system.use(postgres)
  env = { NATS_URL: nats.url, DATABASE_URL: postgres.url }
  controlPlane = await system.startControlPlane(env)
  const { url } = controlPlane
  gateways = await Promise.all(
    [1, 2].map(async () => system.startGateway(url, { NATS_URL: nats.url, AUTH_STORE: 'nats' })),
  )
  operator = await becomeOperator(controlPlane.process, url)
  await operator.do('POST', '/workspaces', { workspaceId: 'acme', name: 'Acme' })
  await addProject('bystanders', ['bystanders.test'], { mode: 'none' })
  bystanders = await connectBoth('bystanders.test')
})
afterAll(async () => {
  delays.print()
  await system?.[Symbol.asyncDispose]()
})

describe('with two gateways on NATS', () => {
  test('the sessions of both are seen, with what they sent and got', async () => {
    await addProject('seen', ['seen.test'], secretAuth('seen'))
    const clients = await connectBoth('seen.test', await tokenFor('seen', 'ann'))
    for (const client of clients) {
      client.send({ actor: 'nobody', actorId: 'a', n: 1 })
      await client.frame({ type: 'ack' })
    }
    const seen = async (): Promise<object[]> => operator.items('/workspaces/acme/sessions?projectId=seen')
    await expect.poll(seen, { timeout: 10_000 }).toMatchObject([
      { userId: 'ann', host: 'seen.test', received: 1 },
      { userId: 'ann', host: 'seen.test', received: 1 },
    ])
    expect(new Set((await operator.sessions('acme')).map(({ gatewayId }) => gatewayId)).size).toBe(2)
    expect(await operator.items('/gateways')).toHaveLength(2)
    expect((await operator.do('GET', '/workspaces/acme/metrics?projectId=seen')).body).toHaveProperty(
      'points',
    )
    leave(...clients)
    await expect.poll(seen, { timeout: 10_000 }).toEqual([])
  })

  test('a project that is switched to another mode loses its sessions on both, and no other does', async () => {
    await addProject('switched', ['switched.test'], secretAuth('switched'))
    const clients = await connectBoth('switched.test', await tokenFor('switched', 'ann'))
    const closed = await delays.measure(
      'another mode, on two gateways',
      () => operator.change('/workspaces/acme/projects/switched', { auth: { mode: 'none' } }),
      closes(clients),
    )
    expect(closed.map(({ code }) => code)).toEqual([4401, 4401])
    await areAlive(bystanders)
    // Whoever comes back is let in by what holds now.
    leave(...(await connectBoth('switched.test')))
  })

  test('a host that is removed loses the sessions under it, and those under other hosts stay', async () => {
    await addProject('hosts', ['one.hosts.test', 'two.hosts.test'], { mode: 'none' })
    const [one, two] = [await connectBoth('one.hosts.test'), await connectBoth('two.hosts.test')]
    const closed = await delays.measure(
      'a host removed, on two gateways',
      () => operator.change('/workspaces/acme/projects/hosts', { hosts: ['one.hosts.test'] }),
      closes(two),
    )
    expect(closed.map(({ code }) => code)).toEqual([4401, 4401])
    await areAlive([...one, ...bystanders])
    expect(await connectRefused(gateways[0]!.ws, { headers: { host: 'two.hosts.test' } })).toMatchObject({
      statusCode: 404,
    })
    leave(...one)
  })

  test('a user who is blocked is out on both, and nobody else is', async () => {
    await addProject('users', ['users.test'], secretAuth('users'))
    const token = await tokenFor('users', 'mallory')
    const blocked = await connectBoth('users.test', token)
    const others = await connectBoth('users.test', await tokenFor('users', 'ann'))
    const closed = await delays.measure(
      'a user blocked, on two gateways',
      () => operator.do('POST', '/workspaces/acme/projects/users/blocked-users', { userId: 'mallory' }),
      closes(blocked),
    )
    expect(closed.map(({ code }) => code)).toEqual([4401, 4401])
    await areAlive([...others, ...bystanders])
    for (const { ws } of gateways) {
      const refused = await connectRefused(ws, {
        protocols: [`bearer.${token}`],
        headers: { host: 'users.test' },
      })
      expect(refused.statusCode).toBe(403)
    }
    leave(...others)
  })

  test('a session is disconnected on whichever it is', async () => {
    await addProject('ended', ['ended.test'], { mode: 'none' })
    const clients = await connectBoth('ended.test')
    const sessions = async (): Promise<{ sessionId: string }[]> =>
      operator.items('/workspaces/acme/sessions?projectId=ended')
    await expect.poll(async () => (await sessions()).length, { timeout: 10_000 }).toBe(2)
    const closed = await delays.measure(
      'a session disconnected, on each of two gateways',
      async () => {
        for (const { sessionId } of await sessions()) {
          await operator.do('DELETE', `/workspaces/acme/sessions/${sessionId}`)
        }
      },
      closes(clients),
    )
    expect(closed.map(({ code }) => code)).toEqual([4403, 4403])
    await areAlive(bystanders)
  })

  test('what a worker gave up on is replayed', async () => {
    await addProject('parked', ['parked.test'], { mode: 'none' })
    await using _worker = await startProcess({
      module: WORKER_CLI,
      args: [FLAKY_WORKER],
      env: { NATS_URL: env.NATS_URL, WORKSPACE_ID: 'acme', PROJECT_ID: 'parked' },
      readyWhen: /is running/,
    })
    const [client, other] = await connectBoth('parked.test')
    client!.send({ actor: 'flaky', actorId: 'a', n: 9 })
    const letters = (): Promise<{ id: string }[]> =>
      operator.items('/workspaces/acme/dead-letters?projectId=parked')
    await expect.poll(async () => (await letters()).length, { timeout: 10_000 }).toBe(1)
    const [letter] = await letters()
    await operator.do('POST', `/workspaces/acme/dead-letters/${letter?.id}/replay`)
    expect(await client!.frame({ type: 'message' })).toMatchObject({ message: { done: 9 } })
    expect(await letters()).toEqual([])
    leave(client!, other!)
  })
})

describe('machine clients', () => {
  test('enter the project that takes them once there is one, and are out of it when it or their gateway says so', async () => {
    const credentials = await register(gateways[0]!.http)
    const stranger = await register(gateways[0]!.http)
    const { accessToken } = await takeTokens(gateways[1]!.http, credentials)
    const strangersToken = (await takeTokens(gateways[0]!.http, stranger)).accessToken

    // Nobody answers to this host: a workspace of their own.
    const own = await connectBoth('agents.test', accessToken)
    const elsewhere = await connectBoth('bystanders.test', accessToken)
    for (const client of [...own, ...elsewhere]) {
      expect(await client.frame({ type: 'welcome' })).toMatchObject({ userId: credentials.hostId })
    }
    const closed = await delays.measure(
      'a project in the mode machine made, on two gateways',
      () => addProject('agents', ['agents.test'], { mode: 'machine', namespaces: [credentials.namespaceId] }),
      closes(own),
    )
    expect(closed.map(({ code }) => code)).toEqual([4401, 4401])
    await areAlive([...elsewhere, ...bystanders])

    const inside = await connectBoth('agents.test', accessToken)
    await expect
      .poll(async () => operator.items('/workspaces/acme/sessions?projectId=agents'), { timeout: 10_000 })
      .toMatchObject([{ userId: credentials.hostId }, { userId: credentials.hostId }])
    const options = { protocols: [`bearer.${strangersToken}`], headers: { host: 'agents.test' } }
    for (const { ws } of gateways) expect((await connectRefused(ws, options)).statusCode).toBe(401)

    // Whoever runs the gateways ends a client everywhere, in a project as in a workspace of its own.
    const disabled = await fetch(`${gateways[0]!.http}/internal/clients/${credentials.clientId}`, {
      method: 'PATCH',
      headers: { 'content-type': 'application/json', 'x-internal-secret': MACHINE_SECRETS.INTERNAL_SECRET },
      body: '{"disabled":true}',
    })
    expect(disabled.status).toBe(200)
    for (const end of closes([...inside, ...elsewhere])) expect((await end).code).toBe(4401)
    await areAlive(bystanders)
  })
})

describe('while the control plane is away', () => {
  test('sessions go on, and what another one changed meanwhile is caught up with when it is back', async () => {
    await addProject('late', ['late.test'], { mode: 'none' })
    const clients = await connectBoth('late.test')
    // On the same database, but not on NATS: no gateway hears of it.
    const deaf = await system.startControlPlane({ DATABASE_URL: env.DATABASE_URL })
    await controlPlane.kill()
    await operator.at(deaf.url).change('/workspaces/acme/projects/late', { auth: secretAuth('late') })
    await areAlive([...clients, ...bystanders])
    const closed = await delays.measure(
      'changes caught up with, from the start of the control plane',
      () => controlPlane.restart(),
      closes(clients),
    )
    expect(closed.map(({ code }) => code)).toEqual([4401, 4401])
    await areAlive(bystanders)
  })
})
