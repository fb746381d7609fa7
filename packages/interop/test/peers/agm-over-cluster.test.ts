import { EmbeddedBroker } from '@portcullis/transport/embedded'
import { describe, expect, test } from 'vitest'
import { createAgmDomain } from '../../src/agm/agm-domain.ts'
import type { ServerMessage } from '../../src/protocol/message.ts'
import { eventually } from '../support/cluster-node.ts'
import {
  type LinkedNode,
  linkedNode,
  type LinkedNodeOptions,
  type LocalPeer,
} from '../support/linked-node.ts'

async function three(options: LinkedNodeOptions = {}): Promise<[LinkedNode, LinkedNode, LinkedNode]> {
  const broker = new EmbeddedBroker()
  const domains: LinkedNodeOptions['domains'] = (engine) => [createAgmDomain(engine)]
  const nodes = await Promise.all(
    ['a', 'b', 'c'].map((id) => linkedNode(id, broker, { domains, ...options })),
  )
  await Promise.all(nodes.map(({ cluster }) => cluster.start()))
  await eventually(() => nodes.every(({ cluster }) => cluster.nodes.size === 2))
  return nodes as [LinkedNode, LinkedNode, LinkedNode]
}

/** A message as its receiver reads it. */
const read = ({ sent }: LocalPeer, type: string): ServerMessage[] =>
  sent
    .filter(({ message }) => message.type === type)
    .map(({ message, shared }) =>
      shared === undefined ? message : { ...message, [shared.key]: shared.value },
    )

async function until(peer: LocalPeer, type: string, count = 1): Promise<ServerMessage[]> {
  await eventually(
    () => read(peer, type).length >= count,
    () => `${type}, have ${JSON.stringify(peer.sent)}`,
  )
  return read(peer, type)
}

const register = {
  domain: 'agm',
  type: 'register',
  request_id: 'r',
  methods: [
    { id: '0', name: 'Sum' },
    { id: '1', name: 'Ticks', flags: { streaming: true } },
  ],
}

describe('methods over a cluster', () => {
  test('are announced after their peer, called, and answered', async () => {
    const [a, b, c] = await three()
    const server = a.add({ user: 'john', identity: { application: 'S' } })
    a.join(server)
    a.handle(server, register)
    const caller = b.add({ user: 'john' })
    const stranger = c.add({ user: 'mary' })
    b.join(caller)
    c.join(stranger)
    await until(caller, 'methods-added')
    expect(caller.sent.map(({ message }) => message.type)).toEqual(['peer-added', 'methods-added'])
    expect(read(caller, 'peer-added')[0]).toMatchObject({
      new_peer_id: server.id,
      identity: { application: 'S' },
      meta: { local: false },
    })

    const call = { domain: 'agm', type: 'call', server_id: server.id, method_id: '0', arguments_kv: { x: 1 } }
    b.handle(caller, { ...call, request_id: 'same' })
    b.handle(caller, { ...call, request_id: 'same' })
    const [invoke, second] = await until(server, 'invoke', 2)
    expect(invoke).toMatchObject({ caller_id: caller.id, method_id: '0', arguments_kv: { x: 1 } })
    a.handle(server, { domain: 'agm', type: 'yield', invocation_id: second!.invocation_id, result: 2 })
    a.handle(server, {
      domain: 'agm',
      type: 'error',
      request_id: invoke!.invocation_id,
      reason_uri: 'u',
      reason: 'no',
    })
    expect((await until(caller, 'result'))[0]).toMatchObject({ request_id: 'same', result: 2 })
    expect((await until(caller, 'error'))[0]).toMatchObject({ request_id: 'same', reason: 'no' })
    expect(stranger.sent).toEqual([])
  })

  test('streams reach every subscriber of every node in order', async () => {
    const [a, b, c] = await three()
    const server = a.add()
    a.join(server)
    a.handle(server, register)
    const subscribers = [b, b, c].map((node) => {
      const peer = node.add()
      node.join(peer)
      return { node, peer }
    })
    await Promise.all(subscribers.map(({ peer }) => until(peer, 'methods-added')))
    for (const { node, peer } of subscribers) {
      node.handle(peer, {
        domain: 'agm',
        type: 'subscribe',
        request_id: 's',
        server_id: server.id,
        method_id: '1',
      })
    }
    for (const { subscription_id: id } of await until(server, 'add-interest', 3)) {
      a.handle(server, { domain: 'agm', type: 'accepted', subscription_id: id, stream_id: '0' })
    }
    await Promise.all(subscribers.map(({ peer }) => until(peer, 'subscribed')))
    for (let n = 0; n < 500; n += 1) {
      a.handle(server, { domain: 'agm', type: 'publish', stream_id: '0', data: { n } })
      // oxlint-disable-next-line no-await-in-loop -- over several turns
      if (n % 50 === 0) await new Promise(setImmediate)
    }
    for (const { peer } of subscribers) {
      // oxlint-disable-next-line no-await-in-loop -- one after the other
      const events = await until(peer, 'event', 500)
      expect(events.map(({ data }) => (data as { n: number }).n)).toEqual(
        Array.from({ length: 500 }, (_, n) => n),
      )
    }
  })

  test('a node that goes ends what waited for it, once', async () => {
    const [a, b] = await three()
    const server = a.add()
    a.join(server)
    a.handle(server, register)
    const caller = b.add()
    b.join(caller)
    await until(caller, 'methods-added')
    b.handle(caller, { domain: 'agm', type: 'call', request_id: 'x', server_id: server.id, method_id: '0' })
    await until(server, 'invoke')
    await a.cluster.close()
    expect(await until(caller, 'peer-removed')).toMatchObject([{ removed_id: server.id }])
    expect(read(caller, 'error')).toMatchObject([
      { request_id: 'x', reason: 'Peer has left while waiting for result' },
    ])
    expect(caller.sent.map(({ message }) => message.type).slice(-3)).toEqual([
      'error',
      'methods-removed',
      'peer-removed',
    ])
  })

  test('other rules take a peer from the others and bring it back', async () => {
    const [a, b] = await three()
    const server = a.add()
    a.join(server)
    a.handle(server, register)
    const caller = b.add()
    b.join(caller)
    await until(caller, 'methods-added')
    await until(server, 'peer-added')
    a.visibility.reload({ peers: [{ domain: 'interop', restrictions: 'local' }], default: 'cluster' })
    await until(caller, 'peer-removed')
    expect(read(server, 'peer-removed')).toMatchObject([{ removed_id: caller.id }])
    b.handle(caller, { domain: 'agm', type: 'call', request_id: 'x', server_id: server.id, method_id: '0' })
    expect(read(caller, 'error')).toHaveLength(1)
    a.visibility.reload({ default: 'cluster' })
    await until(caller, 'methods-added', 2)
    await until(server, 'peer-added', 2)
    b.handle(caller, { domain: 'agm', type: 'call', request_id: 'y', server_id: server.id, method_id: '0' })
    await until(server, 'invoke')
  })
})
