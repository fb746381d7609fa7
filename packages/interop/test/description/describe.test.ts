import { readFileSync } from 'node:fs'
import { createEmbeddedTransport, EmbeddedBroker } from '@portcullis/transport/embedded'
import { describe, expect, test } from 'vitest'
import { createGateway, type Descriptions, type InteropGateway } from '../../src/index.ts'
import { eventually } from '../support/cluster-node.ts'
import { TestClient, withPassword } from '../support/gateway-peer.ts'

/** A peer of `user` that has joined the domain of methods. */
async function joined(
  gateway: InteropGateway,
  user: string,
  identity: object = {},
): Promise<{ client: TestClient; peer: string }> {
  const client = new TestClient(gateway)
  const peer = await client.login(user, identity)
  await client.request({ type: 'join', destination: 'agm', peer_id: peer })
  return { client, peer }
}

const SECRET = 'nobody-else-should-see-this'

describe('a gateway describes', () => {
  test('its peers, by user: who they are, what they have joined, how much they registered', async () => {
    await using gateway = createGateway(withPassword)
    const bob = await joined(gateway, 'bob', { application: 'Orders', instance: 'one', region: SECRET })
    const ann = new TestClient(gateway)
    const annsPeer = await ann.login('ann')
    await bob.client.request({
      domain: 'agm',
      type: 'register',
      peer_id: bob.peer,
      methods: [{ id: 1, name: 'Open' }],
    })
    expect(gateway.describe('peers')).toEqual({
      items: [
        {
          id: annsPeer,
          nodeId: gateway.nodeId,
          local: true,
          user: 'ann',
          application: 'test',
          instance: expect.any(String),
          service: false,
          domains: [],
          methods: 0,
        },
        {
          id: bob.peer,
          nodeId: gateway.nodeId,
          local: true,
          user: 'bob',
          application: 'Orders',
          instance: 'one',
          service: false,
          domains: [{ domain: 'agm', visibility: 'local' }],
          methods: 1,
        },
      ],
      next: null,
    })
  })

  test('methods and streams, by name, with their owners', async () => {
    await using gateway = createGateway(withPassword)
    const { client, peer } = await joined(gateway, 'ann')
    const methods = [
      { id: '1', name: 'Sum', restrictions: "$user == 'ann'", description: SECRET },
      { id: 1, name: 'Quotes', flags: { streaming: true } },
    ]
    await client.request({ domain: 'agm', type: 'register', peer_id: peer, methods })
    const owner = { peerId: peer, nodeId: gateway.nodeId, user: 'ann', application: 'test' }
    expect(gateway.describe('methods').items).toEqual([
      { id: 1, name: 'Quotes', stream: true, restricted: false, visibility: 'local', ...owner },
      { id: '1', name: 'Sum', stream: false, restricted: true, visibility: 'local', ...owner },
    ])
  })

  test('contexts, by name, without what is in them', async () => {
    await using gateway = createGateway(withPassword)
    const client = new TestClient(gateway)
    const peer = await client.login('ann')
    const { context_id: id } = await client.request({
      domain: 'global',
      type: 'create-context',
      peer_id: peer,
      name: 'desk',
      lifetime: 'retained',
      data: { secret: SECRET },
    })
    expect(gateway.describe('contexts')).toEqual({
      items: [
        {
          id,
          name: 'desk',
          user: 'ann',
          lifetime: 'retained',
          visibility: 'local',
          hidden: false,
          creatorId: peer,
          nodeId: gateway.nodeId,
          bytes: expect.any(Number),
          members: 1,
        },
      ],
      next: null,
    })
  })

  test('what other nodes announced, as theirs', async () => {
    const broker = new EmbeddedBroker()
    const [one, other] = [createEmbeddedTransport({ broker }), createEmbeddedTransport({ broker })]
    await using _one = one
    await using _other = other
    await Promise.all([one.start(), other.start()])
    const visibility = 'cluster'
    await using here = createGateway({ ...withPassword, cluster: { transport: one, visibility } })
    await using there = createGateway({ ...withPassword, cluster: { transport: other, visibility } })
    await Promise.all([here.start(), there.start()])
    const { client, peer } = await joined(there, 'ann', { application: 'Far' })
    await client.request({
      domain: 'agm',
      type: 'register',
      peer_id: peer,
      methods: [{ id: '1', name: 'Sum' }],
    })
    await eventually(() => here.describe('methods').items.length === 1)
    expect(here.describe('peers').items).toMatchObject([
      { id: peer, nodeId: there.nodeId, local: false, user: 'ann', application: 'Far', methods: 1 },
    ])
    expect(here.describe('methods').items).toMatchObject([
      { peerId: peer, nodeId: there.nodeId, visibility: 'cluster' },
    ])
  })
})

test('no credential, no content and nothing else that a client made up is in a description', async () => {
  await using gateway = createGateway(withPassword)
  const { client, peer } = await joined(gateway, 'ann', {
    application: 'x'.repeat(4000),
    instance: { nested: SECRET },
    password: SECRET,
  })
  const name = 'n'.repeat(256)
  const methods = [{ id: 'i'.repeat(256), name, description: SECRET, input_signature: SECRET }]
  await client.request({ domain: 'agm', type: 'register', peer_id: peer, methods })
  const create = { domain: 'global', type: 'create-context', peer_id: peer, lifetime: 'retained' }
  await client.request({ ...create, name, data: { [SECRET]: SECRET }, write_permissions: '$x == 1' })
  for (const what of ['peers', 'methods', 'contexts'] satisfies (keyof Descriptions)[]) {
    const text = JSON.stringify(gateway.describe(what))
    expect(text).not.toContain(SECRET)
    expect(text).not.toContain('"pw"')
    expect(text.length).toBeLessThan(1200)
  }
  expect(gateway.describe('peers').items[0]).toMatchObject({
    application: `${'x'.repeat(255)}…`,
    instance: null,
  })
})

test('thousands are told page by page', async () => {
  await using gateway = createGateway(withPassword)
  const { client, peer } = await joined(gateway, 'ann')
  const methods = Array.from({ length: 2500 }, (_, id) => ({ id, name: `M${id % 7}` }))
  await client.request({ domain: 'agm', type: 'register', peer_id: peer, methods })
  const ids: unknown[] = []
  let after: string | undefined
  do {
    const { items, next } = gateway.describe('methods', { limit: 200, after })
    ids.push(...items.map(({ id }) => id))
    after = next ?? undefined
  } while (after !== undefined)
  expect(new Set(ids).size).toBe(2500)
  expect(ids).toHaveLength(2500)
  expect(gateway.describe('methods').items).toHaveLength(100)
})

test.each([['nothing'], ['toString'], [undefined]])('what cannot be described is a mistake: %s', (what) => {
  const { describe: tell } = createGateway()
  expect(() => tell(what as 'peers')).toThrow(new TypeError('"what" must be peers, methods or contexts'))
})

test('the README names what a description has', async () => {
  const readme = readFileSync(new URL('../../README.md', import.meta.url), 'utf8')
  await using gateway = createGateway(withPassword)
  const { client, peer } = await joined(gateway, 'ann')
  await client.request({ domain: 'agm', type: 'register', peer_id: peer, methods: [{ id: 1, name: 'M' }] })
  const create = { domain: 'global', type: 'create-context', peer_id: peer, lifetime: 'retained' }
  await client.request({ ...create, name: 'desk' })
  for (const what of ['peers', 'methods', 'contexts'] satisfies (keyof Descriptions)[]) {
    const row = new RegExp(`^\\| \`${what}\` +\\| (.*) \\|$`, 'm').exec(readme)?.[1] ?? ''
    const [item] = gateway.describe(what).items
    expect([...row.matchAll(/`(\w+)`/g)].map(([, name]) => name)).toEqual(Object.keys(item ?? {}))
  }
})
