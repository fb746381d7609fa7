import { afterEach, describe, expect, test } from 'vitest'
import { createGateway, type GatewayOptions, type InteropGateway } from '../../src/index.ts'
import { TestClient, withPassword } from '../support/gateway-peer.ts'

const open: InteropGateway[] = []
afterEach(async () => {
  await Promise.all(open.splice(0).map((gateway) => gateway.close()))
})

function gatewayWith(options: GatewayOptions = withPassword): InteropGateway {
  const gateway = createGateway(options)
  open.push(gateway)
  return gateway
}

async function peerOf(gateway: InteropGateway, user = 'ann'): Promise<{ client: TestClient; peer: string }> {
  const client = new TestClient(gateway)
  return { client, peer: await client.login(user) }
}

describe('joining a domain', () => {
  test.each(['agm', 'bus', 'context', 'metrics'])(
    '%s is answered in that domain, and twice is the same',
    async (destination) => {
      const { client, peer } = await peerOf(gatewayWith())
      for (const type of ['join', 'join', 'leave', 'leave']) {
        // oxlint-disable-next-line no-await-in-loop -- one after the other
        expect(await client.request({ domain: 'global', type, peer_id: peer, destination })).toEqual({
          domain: destination,
          type: 'success',
          request_id: expect.any(String) as string,
          peer_id: peer,
        })
      }
    },
  )

  test.each(['nowhere', 'global', '', undefined, 7, '__proto__', 'constructor'])(
    '%j is refused in global',
    async (destination) => {
      const { client, peer } = await peerOf(gatewayWith())
      for (const verb of ['join', 'leave']) {
        // oxlint-disable-next-line no-await-in-loop -- one after the other
        expect(await client.request({ type: verb, peer_id: peer, destination })).toMatchObject({
          domain: 'global',
          type: 'error',
          reason_uri: 'global.errors.invalid_domain',
          reason: `Unable to ${verb} missing domain ${typeof destination === 'string' ? destination : ''}`,
        })
      }
    },
  )

  test('with restrictions that do not parse is refused in that domain, and the peer is not in it', async () => {
    const gateway = gatewayWith()
    const { client, peer } = await peerOf(gateway)
    const other = await peerOf(gateway)
    for (const restrictions of ['$', '$a ==', "$a == 'x' &&", ' ', 7, {}]) {
      // oxlint-disable-next-line no-await-in-loop -- one after the other
      const answer = await client.request({ type: 'join', peer_id: peer, destination: 'agm', restrictions })
      expect(answer).toMatchObject({ domain: 'agm', type: 'error', reason_uri: 'agm.errors.failure' })
      expect(answer.reason).not.toBe('')
    }
    await other.client.request({ type: 'join', peer_id: other.peer, destination: 'agm' })
    expect(other.client.received.some(({ type }) => type === 'peer-added')).toBe(false)
  })

  test('with more options than are worth keeping is refused in that domain', async () => {
    const { client, peer } = await peerOf(
      gatewayWith({ ...withPassword, limits: { maxIdentityLength: 100 } }),
    )
    const join = { type: 'join', peer_id: peer, destination: 'metrics' }
    expect(await client.request({ ...join, options: { system: 'x'.repeat(100) } })).toMatchObject({
      domain: 'metrics',
      reason_uri: 'metrics.errors.limits_exceeded',
    })
    expect(
      await client.request({ domain: 'metrics', type: 'define', peer_id: peer, metrics: [] }),
    ).toMatchObject({
      reason: `Unable to find peer with id ${peer} in domain :metrics-domain`,
    })
    expect(await client.request({ ...join, options: { system: 'x' } })).toMatchObject({ type: 'success' })
  })

  test('and leaving it with a long reason tells others the beginning of it', async () => {
    const gateway = gatewayWith()
    const [one, two] = [await peerOf(gateway), await peerOf(gateway)]
    for (const { client, peer } of [one, two]) {
      // oxlint-disable-next-line no-await-in-loop -- one after the other
      await client.request({ type: 'join', peer_id: peer, destination: 'agm' })
    }
    const long = 'r'.repeat(100_000)
    one.client.send({ type: 'leave', peer_id: one.peer, destination: 'agm', reason: long, reason_uri: long })
    expect(await two.client.next('peer-removed')).toMatchObject({
      reason: 'r'.repeat(1024),
      reason_uri: 'r'.repeat(1024),
    })
  })

  test('shows peers of one user to each other, and to nobody else', async () => {
    const gateway = gatewayWith()
    const [one, two, stranger] = [await peerOf(gateway), await peerOf(gateway), await peerOf(gateway, 'bob')]
    for (const { client, peer } of [one, stranger, two]) {
      // oxlint-disable-next-line no-await-in-loop -- one after the other
      await client.request({ type: 'join', peer_id: peer, destination: 'agm' })
    }
    const added = ({ client }: { client: TestClient }): unknown[] =>
      client.received
        .filter(({ type }) => type === 'peer-added')
        .map((message) => message.new_peer_id as unknown)
    expect(added(one)).toEqual([two.peer])
    expect(added(two)).toEqual([one.peer])
    expect(added(stranger)).toEqual([])
  })
})

describe('a message', () => {
  test('of a peer on another connection is refused in its own domain', async () => {
    const gateway = gatewayWith()
    const { peer } = await peerOf(gateway)
    const thief = new TestClient(gateway)
    for (const domain of ['global', 'agm', 'bus', 'context', 'metrics']) {
      // oxlint-disable-next-line no-await-in-loop -- one after the other
      expect(await thief.request({ domain, type: 'anything', peer_id: peer })).toMatchObject({
        domain,
        type: 'error',
        reason_uri: `${domain}.errors.failure`,
        reason: `The original source of peer ${peer} doesnt match the current source`,
      })
    }
  })

  test.each([
    [undefined, 'Peer id is missing'],
    [null, 'Peer id is missing'],
    ['p-0-1', 'Unable to find peer with id p-0-1'],
    [7, 'Unable to find peer with id '],
    [{}, 'Unable to find peer with id '],
    ['__proto__', 'Unable to find peer with id __proto__'],
  ])('of the peer %j is refused', async (peerId, reason) => {
    const client = new TestClient(gatewayWith())
    expect(await client.request({ type: 'create-token', peer_id: peerId })).toMatchObject({
      domain: 'global',
      reason_uri: 'global.errors.failure',
      reason,
    })
  })

  test('that joins or leaves for an unknown peer is refused as such', async () => {
    const client = new TestClient(gatewayWith())
    for (const type of ['join', 'leave']) {
      // oxlint-disable-next-line no-await-in-loop -- one after the other
      expect(await client.request({ type, peer_id: 'p-0-1', destination: 'agm' })).toMatchObject({
        domain: 'global',
        reason_uri: 'global.errors.invalid_peer',
        reason: 'Unable to find peer with id p-0-1',
      })
    }
  })

  test('of a domain that does not exist is refused there, so that its sender learns of it', async () => {
    const { client, peer } = await peerOf(gatewayWith())
    expect(await client.request({ domain: 'activity', type: 'create', peer_id: peer })).toMatchObject({
      domain: 'activity',
      reason_uri: 'global.errors.failure',
    })
  })

  test.each(['global', 'agm', 'bus', 'context', 'metrics'])(
    'of an unknown type is unhandled in %s',
    async (domain) => {
      const { client, peer } = await peerOf(gatewayWith())
      await client.request({ type: 'join', peer_id: peer, destination: domain })
      expect(await client.request({ domain, type: 'JOIN', peer_id: peer })).toMatchObject({
        domain,
        reason_uri: `${domain}.errors.unhandled_message`,
      })
      client.send({ domain, type: 'toString', peer_id: peer })
      expect(await client.find(({ request_id: id }) => id === -1)).toMatchObject({
        reason_uri: `${domain}.errors.unhandled_message`,
      })
    },
  )

  test.each([[[]], [[1, 2]], [{}], [{ type: 7 }], [{ type: null }], [{ type: 'hello', domain: 7 }]])(
    'that is %j is unhandled',
    async (message) => {
      const client = new TestClient(gatewayWith())
      client.send(message)
      expect(await client.next('error')).toMatchObject({
        domain: 'global',
        request_id: -1,
        peer_id: null,
        reason_uri: 'global.errors.unhandled_message',
      })
    },
  )

  test('that keeps the connection alive is not answered', async () => {
    const { client, peer } = await peerOf(gatewayWith())
    const before = client.received.length
    client.send({ type: 'ping' })
    await client.request({ type: 'create-token', peer_id: peer })
    expect(client.received).toHaveLength(before + 1)
  })

  test('echoes its request id, whatever it is', async () => {
    const { client, peer } = await peerOf(gatewayWith())
    for (const requestId of [0, 1, '', 'x', true, ['a'], { b: 1 }]) {
      client.send({ type: 'join', request_id: requestId, peer_id: peer, destination: 'bus' })
      // oxlint-disable-next-line no-await-in-loop -- one after the other
      const answer = await client.find(
        (message) => JSON.stringify(message.request_id) === JSON.stringify(requestId),
      )
      expect(answer.type).toBe('success')
    }
  })
})

describe('a client in the process', () => {
  test('is handed copies, and hands over copies', async () => {
    const gateway = gatewayWith()
    const { client, peer } = await peerOf(gateway)
    const data = { list: [1] }
    const created = await client.request({
      type: 'create-context',
      peer_id: peer,
      name: 'shared',
      lifetime: 'retained',
      data,
    })
    data.list.push(2)
    const subscribe = { type: 'subscribe-context', peer_id: peer, context_id: created.context_id }
    const first = await client.request(subscribe)
    expect(first.data).toEqual({ list: [1] })
    first.data.list.push(3)
    expect((await client.request(subscribe)).data).toEqual({ list: [1] })
  })

  test('gets a mistake for what JSON cannot carry, and the gateway is none the wiser', () => {
    const client = gatewayWith().client(() => undefined)
    const cycle: { self?: object } = {}
    cycle.self = cycle
    expect(() => client.send(cycle)).toThrow(TypeError)
    expect(() => client.send(undefined as never)).toThrow('"message" must be an object')
  })

  test('whose callback throws does not hurt others', async () => {
    const errors: unknown[] = []
    const logger = { debug() {}, info() {}, warn() {}, error: (details: object) => errors.push(details) }
    const gateway = gatewayWith({ ...withPassword, logger })
    const bad = gateway.client(() => {
      throw new Error('oops')
    })
    bad.send({ type: 'nonsense' })
    const { peer } = await peerOf(gateway)
    expect(peer).toMatch(/^p-/)
    expect(errors).toHaveLength(1)
  })

  test('that closes at once still gets the answers to what it sent', async () => {
    const gateway = gatewayWith()
    const client = new TestClient(gateway)
    client.send({
      type: 'hello',
      request_id: 'h',
      identity: { application: 'A' },
      authentication: { method: 'secret', login: 'ann', secret: 'pw' },
    })
    client.send({ type: 'nonsense', request_id: 'n' })
    client.close()
    client.send({ type: 'nonsense', request_id: 'late' })
    expect(await client.next('welcome')).toMatchObject({ request_id: 'h' })
    await gateway.close()
    expect(client.received.map(({ request_id: id }) => id as unknown)).toEqual(['n', 'h'])
    expect(gateway.stats()).toMatchObject({ connections: 0, peers: 0 })
  })

  test('hears nothing after it closed, nor after the gateway did', async () => {
    const gateway = gatewayWith()
    const { client, peer } = await peerOf(gateway)
    client.send({ type: 'create-token', peer_id: peer })
    client.close()
    client.close()
    const other = await peerOf(gateway)
    const before = other.client.received.length
    await gateway.close()
    other.client.send({ type: 'create-token', peer_id: other.peer })
    await gateway.close()
    expect(client.received.map(({ type }) => type)).not.toContain('token')
    expect(other.client.received).toHaveLength(before)
    expect(() => gateway.client(() => undefined)).toThrow('the gateway is closed')
    await expect(gateway.start()).rejects.toThrow('the gateway is closed')
  })
})
