import { describe, expect, test } from 'vitest'
import type { VisibilityRules } from '@portcullis/visibility'
import { agmCluster, called, register, subscribed, types } from '../support/agm-node.ts'

const OPEN: VisibilityRules = { default: 'cluster' }
const CLOSED: VisibilityRules = {
  methods: [{ method: '#Prices.*', restrictions: 'local' }],
  default: 'cluster',
}

async function twoNodes(rules: VisibilityRules) {
  const { cluster, nodes } = await agmCluster(2, { rules })
  const [here, there] = nodes as [(typeof nodes)[0], (typeof nodes)[0]]
  const server = here.member({ verified: { application: 'server' } })
  const neighbour = here.member()
  const peer = there.member()
  register(server, 'Sum', 'Prices$')
  const settle = () => cluster.settle()
  settle()
  for (const each of [server, neighbour, peer]) each.take()
  return { cluster, here, there, server, neighbour, peer, settle }
}

describe('other rules', () => {
  test('take back what is local now, with its remote subscriptions; calls that run keep running', async () => {
    const { here, there, server, neighbour, peer, settle } = await twoNodes(OPEN)
    const near = subscribed(neighbour, server, { method: '1' })
    const far = subscribed(peer, server, { method: '1', settle })
    const invocation = called(peer, server, { method: '1', settle })
    here.reload(CLOSED)
    expect(server.take()).toMatchObject([
      {
        type: 'remove-interest',
        subscription_id: far,
        caller_id: peer.id,
        reason_uri: 'agm.method-removed',
      },
    ])
    settle()
    expect(peer.take()).toMatchObject([
      { type: 'subscription-cancelled', subscription_id: far, reason_uri: 'agm.method-removed' },
      { type: 'methods-removed', methods: ['1'] },
    ])
    server.say({ type: 'publish', stream_id: 'b', data: 1 })
    server.say({ type: 'yield', invocation_id: invocation, result: 'late' })
    settle()
    expect(neighbour.take()).toMatchObject([{ type: 'event', subscription_id: near }])
    expect(peer.take()).toMatchObject([{ type: 'result', result: 'late' }])
    peer.say({ type: 'call', request_id: 'c', server_id: server.id, method_id: '1' })
    settle()
    expect(types(peer.take())).toEqual(['error'])
    expect(there.agm.describe()[1]!.methods).toHaveLength(1)
  })

  test('announce what is cluster now', async () => {
    const { here, server, neighbour, peer, settle } = await twoNodes(CLOSED)
    here.reload(OPEN)
    settle()
    expect(peer.take()).toMatchObject([
      { type: 'methods-added', source_type: 'node', methods: [{ id: '1', name: 'Prices$' }] },
    ])
    expect([...server.take(), ...neighbour.take()]).toEqual([])
    subscribed(peer, server, { method: '1', settle })
  })

  test('that decide the same say nothing', async () => {
    const { cluster, here, settle } = await twoNodes(CLOSED)
    const before = cluster.sent.length
    here.reload({ ...CLOSED, contexts: [{ context: 'x', restrictions: 'local' }] })
    expect(cluster.sent.length).toBe(before)
    settle()
  })

  test('judge a server by what is verified of it, not by what it claims', async () => {
    const rules: VisibilityRules = {
      methods: [{ identity: { application: 'Trusted' }, restrictions: 'cluster' }],
      peers: [{ restrictions: 'cluster' }],
    }
    const { cluster, nodes } = await agmCluster(2, { rules })
    const [here, there] = nodes as [(typeof nodes)[0], (typeof nodes)[0]]
    const peer = there.member()
    const liar = here.member({ identity: { application: 'Trusted' } })
    const honest = here.member({
      identity: { application: 'Trusted' },
      verified: { application: 'Trusted' },
    })
    register(liar, 'Sum')
    register(honest, 'Sum')
    cluster.settle()
    expect(peer.take('methods-added').map(({ server_id }) => server_id)).toEqual([honest.id])
  })
})

describe('a peer that the rules withdraw', () => {
  const HIDDEN: VisibilityRules = {
    peers: [{ domain: 'interop', identity: { application: 'server' }, restrictions: 'local' }],
    default: 'cluster',
  }

  test('parts with the peers of other nodes, and with nobody here', async () => {
    const { here, there, server, neighbour, peer, settle } = await twoNodes(OPEN)
    register(peer, 'Far', 'FarPrices$')
    settle()
    for (const each of [server, neighbour]) each.take()
    const served = subscribed(peer, server, { method: '1', settle })
    const near = subscribed(neighbour, server, { method: '1' })
    const mine = subscribed(server, peer, { method: '1', settle })
    server.say({ type: 'subscribe', request_id: 's2', server_id: peer.id, method_id: '1' })
    server.say({ type: 'call', request_id: 'c1', server_id: peer.id, method_id: '0' })
    const invocation = called(peer, server, { settle })
    server.take()
    here.reload(HIDDEN)
    expect(server.take()).toMatchObject([
      { type: 'error', request_id: 'c1', reason_uri: 'agm.errors.invocation.failure' },
      { type: 'remove-interest', subscription_id: served, reason_uri: 'agm.peer-removed' },
      { type: 'subscription-cancelled', subscription_id: mine, reason_uri: 'agm.peer-removed' },
      { type: 'error', request_id: 's2', reason_uri: 'agm.errors.subscription.failure' },
      { type: 'methods-removed', server_id: peer.id, methods: ['0', '1'] },
      { type: 'peer-removed', removed_id: peer.id },
    ])
    expect(neighbour.take()).toEqual([])
    server.say({ type: 'yield', invocation_id: invocation })
    server.say({ type: 'publish', stream_id: 'b', data: 1 })
    expect(neighbour.take()).toMatchObject([{ type: 'event', subscription_id: near }])
    server.say({ type: 'call', request_id: 'c', server_id: peer.id, method_id: '0' })
    expect(server.take()).toMatchObject([{ reason: 'Unable to invoke methods across different users' }])
    expect(here.agm.describe()[0]!.methods.map(({ visibility }) => visibility)).toEqual(['local', 'local'])
    peer.take()
    settle()
    expect(peer.take()).toMatchObject([
      { type: 'error', request_id: 'c', reason: 'Peer has left while waiting for result' },
      { type: 'subscription-cancelled', subscription_id: served },
      { type: 'remove-interest', subscription_id: mine },
      { type: 'remove-interest' },
      { type: 'methods-removed', server_id: server.id, methods: ['0', '1'] },
      { type: 'peer-removed', removed_id: server.id, reason_uri: 'agm.peer-removed' },
    ])
    // No rule of the methods brings them back while the peer itself is hidden.
    here.reload({ ...HIDDEN, contexts: [] })
    settle()
    expect(peer.take()).toEqual([])
    expect(there.agm.stats()).toMatchObject({ subscriptions: 0, pendingCalls: 0 })
    expect(here.agm.stats()).toMatchObject({ subscriptions: 1, pendingCalls: 0 })
  })

  test('and gives back is told of the others again, and announces its methods again', async () => {
    const { here, server, neighbour, peer, settle } = await twoNodes(OPEN)
    register(peer, 'Far')
    settle()
    here.reload(HIDDEN)
    settle()
    for (const each of [server, neighbour, peer]) each.take()
    here.reload(OPEN)
    expect(types(server.take())).toEqual(['peer-added', 'methods-added'])
    settle()
    expect(types(peer.take())).toEqual(['peer-added', 'methods-added'])
    expect(neighbour.take()).toEqual([])
    called(server, peer, { settle })
  })

  test('has its methods announced by the domain itself, whether or not it hears of the rules', async () => {
    const { here, server, peer, settle } = await twoNodes(OPEN)
    const membership = here.engine.peers.membership(server, 'agm')!
    here.agm.hiding!(server)
    here.engine.peers.join(server, 'agm', { ...membership, visibility: 'local' })
    here.engine.peers.join(server, 'agm', membership)
    settle()
    peer.take()
    here.agm.showing!(server)
    settle()
    expect(peer.take('methods-added')).toHaveLength(1)
  })

  test('that is in no domain yet is left alone', async () => {
    const { here } = await twoNodes(OPEN)
    const peer = here.addPeer()
    here.agm.hiding!(peer)
    here.agm.showing!(peer)
    expect(peer.take()).toEqual([])
  })
})
