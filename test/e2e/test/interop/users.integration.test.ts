import { expect, test } from 'vitest'
import { Clients, type Io, startWsGateway, until } from '../../src/interop-clients.ts'

test('clients of two users never meet: no peers, methods, streams, contexts or messages of the other', async () => {
  await using gateway = await startWsGateway()
  await using clients = new Clients(gateway.url)
  const annsSecond = await clients.connect('ann', { contexts: { trackAllContexts: true } })
  const bob = await clients.connect('bob', { contexts: { trackAllContexts: true } })
  const seen: string[] = []
  bob.interop.serverAdded(({ peerId }) => seen.push(`server ${peerId}`))
  bob.interop.methodAdded(({ name }) => seen.push(`method ${name}`))
  await bob.bus.subscribe('>', (data) => seen.push(`bus ${JSON.stringify(data)}`))
  await bob.contexts.subscribe('shared', (data: object) => seen.push(`context ${JSON.stringify(data)}`))

  const ann = await clients.connect('ann')
  await ann.interop.register('Anns.Method', () => ({ of: 'ann' }))
  const stream = await ann.interop.createStream('Anns.Stream')
  await ann.contexts.set('shared', { of: 'ann' })
  await ann.contexts.set('anns', { of: 'ann' })
  ann.bus.publish('topic', { of: 'ann' })
  stream.push({ of: 'ann' })

  // Another client of hers sees all of it.
  await annsSecond.interop.waitForMethod('Anns.Stream')
  expect((await annsSecond.interop.invoke('Anns.Method')).returned).toEqual({ of: 'ann' })
  await until(() => expect(annsSecond.contexts.all().toSorted()).toEqual(['anns', 'shared']))

  // His own life comes in later than hers, on the same connection.
  const second = await clients.connect('bob')
  await bob.interop.register('Bobs.Method', () => ({ of: 'bob' }))
  await second.interop.waitForMethod('Bobs.Method')
  second.bus.publish('topic', { of: 'bob' })
  await until(() => expect(seen).toContain('bus {"of":"bob"}'))
  await second.contexts.set('shared', { of: 'bob' })
  await until(() => expect(seen).toContain('context {"of":"bob"}'))
  for (const line of seen) expect(line).not.toContain('ann')
  expect(new Set(seen.filter((line) => line.startsWith('server')))).toEqual(
    new Set([`server ${bob.connection.peerId}`, `server ${second.connection.peerId}`]),
  )
  for (const io of [bob, second]) {
    expect(io.interop.methods().filter(({ name }) => name.startsWith('Anns'))).toEqual([])
    expect(io.contexts.all()).toEqual(['shared'])
    expect(await io.contexts.get('shared')).toEqual({ of: 'bob' })
  }
  expect(await annsSecond.contexts.get('shared')).toEqual({ of: 'ann' })
  await until(async () => expect(await bob.contexts.get('anns')).toEqual({}))
})

test('a client that joins late is not told of what clients of another user have', async () => {
  await using gateway = await startWsGateway()
  await using clients = new Clients(gateway.url)
  const ann = await clients.connect('ann')
  await ann.interop.register('Anns.Method', () => ({}))
  await ann.contexts.set('anns', { secret: true })
  const late = await clients.connect('bob', { contexts: { trackAllContexts: true } })
  expect(late.contexts.all()).toEqual([])
  expect(late.interop.servers().map(({ peerId }) => peerId)).toEqual([late.connection.peerId])
  expect(late.interop.methods({ name: 'Anns.Method' })).toEqual([])
})

test('ids of another user open nothing, and those of contexts are answered as if they did not exist', async () => {
  await using gateway = await startWsGateway()
  await using clients = new Clients(gateway.url)
  const ann = await clients.connect('ann')
  const bob = await clients.connect('bob')
  let calls = 0
  await ann.interop.register('Anns.Method', () => void (calls += 1))
  await ann.contexts.set('anns', { secret: true })
  const session = (io: Io, domain: string) => io.connection.domain(domain)
  const created = await session(ann, 'global').send<{ context_id: string }>({
    type: 'create-context',
    name: 'anns',
    lifetime: 'retained',
    data: {},
  })
  const answer = async (domain: string, message: object): Promise<string> =>
    session(bob, domain)
      .send<{ type: string }>(message)
      .then(
        ({ type }) => type,
        ({ reason_uri: uri, reason }: { reason_uri: string; reason: string }) => `${uri} ${reason}`,
      )
  for (const type of ['subscribe-context', 'update-context', 'destroy-context']) {
    const [real, invented] = await Promise.all(
      [created.context_id, 'no-such-id'].map(async (id) =>
        answer('global', { type, context_id: id, delta: {} }),
      ),
    )
    expect(real).toContain('Unable to find context with id')
    expect(real?.replaceAll(created.context_id, 'no-such-id')).toBe(invented)
  }
  for (const type of ['call', 'subscribe']) {
    const request = { type, server_id: ann.connection.peerId, method_id: '0', arguments_kv: {} }
    expect(await answer('agm', request)).toMatch(/^agm\.errors\./)
  }
  expect((await ann.interop.invoke('Anns.Method')).returned).toEqual({})
  expect(calls).toBe(1)
  expect(await ann.contexts.get('anns')).toEqual({ secret: true })
})
