import { silentLogger } from '../../../src/gateway/logger.ts'
import type { TestPeer } from '../../support/test-engine.ts'
import { afterEach, describe, expect, test, vi } from 'vitest'
import {
  addNode,
  ALL_CLUSTER,
  contextNodes,
  create,
  type ContextNode,
  request,
  view,
} from '../support/context-nodes.ts'

afterEach(() => {
  vi.useRealTimers()
})

const twice = <T>(value: T): T[] => [value, structuredClone(value)]

/** Two nodes with a peer each; `a` orders. */
async function pair(): Promise<{
  cluster: Awaited<ReturnType<typeof contextNodes>>['cluster']
  nodes: [ContextNode, ContextNode]
  peers: [ReturnType<ContextNode['addPeer']>, ReturnType<ContextNode['addPeer']>]
}> {
  const { cluster, nodes } = await contextNodes(2)
  const [a, b] = nodes as [ContextNode, ContextNode]
  return { cluster, nodes: [a, b], peers: [a.addPeer(), b.addPeer()] }
}

describe('a context of the cluster', () => {
  test('made on the node that orders is there at once, and is announced on the other', async () => {
    const {
      cluster,
      peers: [ann, bob],
    } = await pair()
    create(ann, 'x', { data: { a: 1 } })
    const id = ann.received[1]?.context_id
    expect(ann.take().map(({ type }) => type)).toEqual(['context-added', 'context-created'])
    expect(bob.take()).toEqual([])
    cluster.settle()
    expect(bob.take()).toMatchObject([
      { type: 'context-added', name: 'x', context_id: id, creator_id: ann.id },
    ])
    request(bob, 'subscribe', { context_id: id })
    expect(bob.take()).toMatchObject([{ type: 'subscribed-context', name: 'x', data: { a: 1 } }])
  })

  test('made on another node is there when it has its place in the order', async () => {
    const {
      cluster,
      peers: [ann, bob],
    } = await pair()
    create(bob, 'x')
    expect(bob.take()).toEqual([])
    cluster.settle()
    expect(bob.take().map(({ type }) => type)).toEqual(['context-added', 'context-created'])
    expect(ann.take()).toMatchObject([{ type: 'context-added', creator_id: bob.id }])
  })

  test('an update reaches the members everywhere but the updater, whose success takes its place', async () => {
    const {
      cluster,
      peers: [ann, bob],
    } = await pair()
    create(ann, 'x')
    cluster.settle()
    const id = ann.take().at(-1)?.context_id
    request(bob, 'subscribe', { context_id: id })
    bob.take()
    request(bob, 'update', { context_id: id, delta: { added: { b: 1 } } })
    request(ann, 'update', { context_id: id, delta: { added: { a: 1 } } })
    expect(bob.take()).toEqual([])
    cluster.settle()
    expect(ann.take()).toMatchObject([
      { type: 'success' },
      { type: 'context-updated', updater_id: bob.id, delta: { added: { b: 1 } } },
    ])
    expect(bob.take()).toMatchObject([
      { type: 'context-updated', updater_id: ann.id, delta: { added: { a: 1 } } },
      { type: 'success' },
    ])
  })

  test('of one name made on two nodes at once, the first in the order is it for both', async () => {
    const {
      cluster,
      nodes,
      peers: [ann, bob],
    } = await pair()
    create(bob, 'x', { data: { of: 'bob' } })
    create(ann, 'x', { data: { of: 'ann' } })
    cluster.settle()
    const id = ann.take().at(-1)?.context_id
    expect(bob.take()).toMatchObject([
      { type: 'context-added', context_id: id },
      { type: 'subscribed-context', context_id: id, name: 'x', data: { of: 'ann' } },
    ])
    expect(nodes.map((node) => view(node))).toEqual([{ x: { of: 'ann' } }, { x: { of: 'ann' } }])
  })

  test('users are as far apart as on one node', async () => {
    const {
      cluster,
      nodes: [a, b],
      peers: [ann],
    } = await pair()
    const eve = b.addPeer({ user: 'eve' })
    create(ann, 'x', { data: { of: 'ann' } })
    create(eve, 'x', { data: { of: 'eve' } })
    cluster.settle()
    const id = ann.take().at(-1)?.context_id
    request(eve, 'subscribe', { context_id: id })
    expect(eve.take('error')).toMatchObject([{ reason: `Unable to find context with id ${id as string}` }])
    expect([view(a, 'eve'), view(b)]).toEqual([{ x: { of: 'eve' } }, { x: { of: 'ann' } }])
  })

  test('permissions hold on every node, by the identities of creator and asker', async () => {
    const {
      cluster,
      nodes: [a, b],
    } = await pair()
    const ann = a.addPeer({ identity: { region: 'EU' } })
    const eu = b.addPeer({ identity: { region: 'EU' } })
    const us = b.addPeer({ identity: { region: 'US' } })
    create(ann, 'x', { read_permissions: '$region == #region', write_permissions: '$region == #region' })
    cluster.settle()
    const id = ann.take().at(-1)?.context_id
    expect([eu.take(), us.take()]).toMatchObject([[{ type: 'context-added' }], []])
    for (const verb of ['subscribe', 'update', 'destroy']) {
      request(us, verb, { context_id: id })
      cluster.settle()
      expect(us.take()).toMatchObject([
        { type: 'error', request_id: verb, reason_uri: 'global.errors.not_authorized' },
      ])
    }
    request(eu, 'update', { context_id: id, delta: { added: { a: 1 } } })
    request(eu, 'destroy', { context_id: id })
    cluster.settle()
    expect(eu.take().map(({ type }) => type)).toEqual(['success', 'context-destroyed', 'success'])
    expect(view(a)).toEqual({})
  })

  test('what the ordering node refuses is an error of the request, and happens nowhere', async () => {
    const { cluster, nodes } = await contextNodes(2, {
      limits: { maxContextBytes: 50, maxContextsPerUser: 1 },
    })
    const [, b] = nodes as [ContextNode, ContextNode]
    const bob = b.addPeer()
    create(bob, 'x', { data: { a: 1 } })
    create(bob, 'y')
    cluster.settle()
    const [, answer, refused] = bob.take()
    expect(refused).toMatchObject({
      type: 'error',
      request_id: 'create',
      reason_uri: 'global.errors.limits_exceeded',
    })
    request(bob, 'update', { context_id: answer?.context_id, delta: { added: { b: 'x'.repeat(50) } } })
    cluster.settle()
    expect(bob.take()).toMatchObject([{ request_id: 'update', reason_uri: 'global.errors.limits_exceeded' }])
    expect(nodes.map((node) => view(node))).toEqual([{ x: { a: 1 } }, { x: { a: 1 } }])
  })

  test('a change of what another node destroyed first is answered as of what does not exist', async () => {
    const {
      cluster,
      peers: [ann, bob],
    } = await pair()
    create(ann, 'x')
    cluster.settle()
    const id = ann.take().at(-1)?.context_id
    bob.take()
    request(bob, 'update', { context_id: id })
    request(ann, 'destroy', { context_id: id })
    cluster.settle()
    expect(bob.take()).toMatchObject([
      { type: 'context-destroyed' },
      {
        type: 'error',
        request_id: 'update',
        reason: expect.stringMatching(/^Unable to find context with id/),
      },
    ])
  })

  test('a node that comes later has everything', async () => {
    const {
      cluster,
      peers: [ann],
    } = await pair()
    create(ann, 'x', { data: { a: 1 } })
    request(ann, 'update', { context_id: ann.take().at(-1)?.context_id, delta: { added: { b: 2 } } })
    const late = await addNode(cluster, 'z')
    cluster.settle()
    expect(view(late)).toEqual({ x: { a: 1, b: 2 } })
  })
})

describe('lifetimes over nodes', () => {
  test('ref-counted lives while any node has a member, and ends everywhere with the last', async () => {
    const {
      cluster,
      nodes: [a, b],
      peers: [ann, bob],
    } = await pair()
    const witness = a.addPeer()
    create(ann, 'x', { lifetime: 'ref-counted' })
    cluster.settle()
    const id = ann.take().at(-1)?.context_id
    request(bob, 'subscribe', { context_id: id })
    cluster.settle()
    bob.take()
    ann.drop()
    cluster.settle()
    expect(bob.take()).toEqual([])
    witness.take()
    request(bob, 'unsubscribe', { context_id: id })
    cluster.settle()
    const gone = { type: 'context-destroyed', reason_uri: 'global.peer-left' }
    expect(bob.take()).toMatchObject([gone, { type: 'success' }])
    expect(witness.take()).toMatchObject([gone])
    expect([a.domain.stats(), b.domain.stats()]).toMatchObject([{ contexts: 0 }, { contexts: 0 }])
  })

  test('a member that comes while the node says it has none is counted', async () => {
    const { cluster, nodes } = await contextNodes(3)
    const [ann, bob, cid] = nodes.map((node) => node.addPeer()) as [TestPeer, TestPeer, TestPeer]
    const late = nodes[1]!.addPeer()
    create(ann, 'x', { lifetime: 'ref-counted' })
    cluster.settle()
    const id = ann.take().at(-1)?.context_id
    for (const peer of [bob, cid]) request(peer, 'subscribe', { context_id: id })
    cluster.settle()
    request(bob, 'unsubscribe', { context_id: id })
    request(late, 'subscribe', { context_id: id })
    cluster.settle()
    for (const peer of [ann, cid]) request(peer, 'unsubscribe', { context_id: id })
    cluster.settle()
    expect(late.take('context-destroyed')).toEqual([])
    request(late, 'unsubscribe', { context_id: id })
    cluster.settle()
    expect(nodes.map(({ domain }) => domain.stats().contexts)).toEqual([0, 0, 0])
  })

  test('a node whose changes all wait still says that it has no members any more', async () => {
    const {
      cluster,
      nodes,
      peers: [ann, bob],
    } = await pair()
    create(bob, 'counted', { lifetime: 'ref-counted' })
    create(bob, 'busy')
    cluster.settle()
    const [counted, busy] = bob.take('context-added').map(({ context_id: id }) => id)
    for (let count = 0; count < 1024; count += 1) request(bob, 'update', { context_id: busy })
    const before = cluster.sent.length
    for (let count = 0; count < 100; count += 1) {
      request(bob, 'unsubscribe', { context_id: counted })
      request(bob, 'subscribe', { context_id: counted })
    }
    request(bob, 'unsubscribe', { context_id: counted })
    expect(bob.take('error')).toEqual([])
    cluster.settle()
    expect(cluster.sent.slice(before).filter(({ json }) => json.includes('"release"')).length).toBeLessThan(3)
    expect(ann.take('context-destroyed')).toHaveLength(1)
    expect(nodes.map(({ domain }) => domain.stats().contexts)).toEqual([1, 1])
  })

  test('of identities, what permissions ask for crosses and no more', async () => {
    const { cluster, nodes } = await contextNodes(2)
    const [a, b] = nodes as [ContextNode, ContextNode]
    const ann = a.addPeer({ identity: { desk: 'fx', application: 'SECRET-1' } })
    const bob = b.addPeer({ identity: { desk: 'fx', application: 'SECRET-2' } })
    const eve = b.addPeer({ identity: { desk: 'eq', application: 'SECRET-3' } })
    create(ann, 'open')
    create(ann, 'desk', { write_permissions: '$desk == #desk' })
    cluster.settle()
    for (const { context_id: id } of ann.take('context-added')) {
      for (const peer of [bob, eve]) request(peer, 'update', { context_id: id, delta: { added: { a: 1 } } })
    }
    cluster.settle()
    expect([bob, eve].map((peer) => peer.take('success').length)).toEqual([2, 1])
    expect(cluster.sent.map(({ json }) => json).join()).not.toContain('SECRET')
  })

  test('a creator that is gone when its node orders by itself does not keep it', async () => {
    const {
      cluster,
      nodes: [, b],
      peers: [, bob],
    } = await pair()
    create(bob, 'owned', { lifetime: 'ownership' })
    create(bob, 'counted', { lifetime: 'ref-counted' })
    create(bob, 'kept')
    bob.drop()
    cluster.kill('a')
    cluster.settle()
    expect(view(b)).toEqual({ kept: null })
  })

  test('ownership ends everywhere with its owner', async () => {
    const {
      cluster,
      nodes: [a],
      peers: [ann, bob],
    } = await pair()
    create(bob, 'x', { lifetime: 'ownership' })
    cluster.settle()
    request(ann, 'subscribe', { context_id: ann.take().at(-1)?.context_id })
    ann.take()
    bob.drop()
    cluster.settle()
    expect(ann.take()).toMatchObject([{ type: 'context-destroyed', reason_uri: 'context.peer-left' }])
    expect(a.domain.stats().contexts).toBe(0)
  })

  test('a creator that is gone before its context has its place does not keep it', async () => {
    const {
      cluster,
      nodes,
      peers: [, bob],
    } = await pair()
    create(bob, 'owned', { lifetime: 'ownership' })
    create(bob, 'counted', { lifetime: 'ref-counted' })
    create(bob, 'kept')
    bob.drop()
    cluster.settle()
    expect(nodes.map((node) => view(node))).toEqual([{ kept: null }, { kept: null }])
  })

  test('a node that dies takes what it owned and held with it; what is retained lives on', async () => {
    for (const dying of ['a', 'b', 'c']) {
      const { cluster, nodes } = await contextNodes(3)
      const index = 'abc'.indexOf(dying)
      const peer = nodes[index]?.addPeer()
      const other = nodes[(index + 1) % 3]?.addPeer()
      if (peer === undefined || other === undefined) throw new Error('a node is missing')
      for (const lifetime of ['retained', 'ref-counted', 'ownership']) create(peer, lifetime, { lifetime })
      create(peer, 'shared', { lifetime: 'ref-counted' })
      cluster.settle()
      const shared = other.take().find(({ name }) => name === 'shared')
      request(other, 'subscribe', { context_id: shared?.context_id })
      cluster.settle()
      other.take()
      cluster.kill(dying)
      cluster.settle()
      const living = nodes.filter((_node, at) => at !== index)
      for (const node of living) expect(view(node)).toEqual({ retained: null, shared: null })
      expect(other.take().map(({ type }) => type)).toEqual(['context-destroyed', 'context-destroyed'])
    }
  })
})

describe('when the ordering node is lost', () => {
  test('what had no answer is done by the next one, once', async () => {
    const { cluster, nodes } = await contextNodes(3)
    const [a, b, c] = nodes as [ContextNode, ContextNode, ContextNode]
    const [bob, cid] = [b.addPeer(), c.addPeer()]
    create(cid, 'x', { data: { list: [] } })
    cluster.settle()
    const id = cid.take().at(-1)?.context_id
    request(bob, 'subscribe', { context_id: id })
    cluster.settle()
    bob.take()
    const push = (peer: typeof bob, index: number): void =>
      request(peer, 'update', {
        context_id: id,
        delta: { commands: [{ type: 'set', path: `list.${index}`, value: index }] },
      })
    // The first is ordered and heard of by one of the others, the second gets nowhere.
    push(cid, 0)
    expect(cluster.step('c', 'a')).toBe(true)
    expect(cluster.step('a', 'b')).toBe(true)
    push(cid, 1)
    push(bob, 2)
    cluster.kill('a')
    cluster.settle()
    expect(cid.take().filter(({ type }) => type === 'success')).toHaveLength(2)
    expect(
      bob
        .take()
        .map(({ type }) => type)
        .toSorted(),
    ).toEqual(['context-updated', 'context-updated', 'success'])
    expect([view(b), view(c)]).toEqual([{ x: { list: [0, 1, 2] } }, { x: { list: [0, 1, 2] } }])
    expect(a.engine.counters.contextUpdates).toBe(1)
  })

  test('what was done in the order of a node that follows another now is not done again there', async () => {
    const { cluster, nodes } = await contextNodes(3)
    const [a, b, c] = nodes as [ContextNode, ContextNode, ContextNode]
    const [bob, cid] = [b.addPeer(), c.addPeer()]
    cluster.cut('a')
    cluster.settle()
    create(bob, 'x')
    cluster.settle()
    const id = bob.take().at(-1)?.context_id
    request(cid, 'subscribe', { context_id: id })
    cid.take()
    request(cid, 'update', { context_id: id, delta: { added: { a: 1 } } })
    cluster.step('c', 'b')
    expect(bob.take()).toMatchObject([{ type: 'context-updated', delta: { added: { a: 1 } } }])
    // The order does not reach c before it follows a, to which b brings the data with the change before c asks anew.
    cluster.heal('a', 'c')
    for (const [from, to] of ['ac', 'ca', 'ac', 'ca']) expect(cluster.step(from ?? '', to ?? '')).toBe(true)
    cluster.heal('a', 'b')
    while (cluster.step('a', 'b') || cluster.step('b', 'a'));
    cluster.settle()
    expect(bob.take('context-updated')).toEqual([])
    expect(cid.take().map(({ type }) => type)).toEqual(['context-updated', 'success', 'context-updated'])
    expect(a.engine.counters.contextUpdates).toBe(0)
    expect(nodes.map((node) => view(node))).toEqual([{ x: { a: 1 } }, { x: { a: 1 } }, { x: { a: 1 } }])
  })

  test('a change that only a younger node heard of is not lost', async () => {
    const { cluster, nodes } = await contextNodes(3)
    const [a, b, c] = nodes as [ContextNode, ContextNode, ContextNode]
    const ann = a.addPeer()
    create(ann, 'x')
    cluster.settle()
    request(ann, 'update', { context_id: ann.take().at(-1)?.context_id, delta: { added: { a: 1 } } })
    expect(cluster.step('a', 'c')).toBe(true)
    cluster.kill('a')
    cluster.settle()
    expect([view(b), view(c)]).toEqual([{ x: { a: 1 } }, { x: { a: 1 } }])
  })

  test('a context that only a younger node has heard of is not lost, and one that was destroyed stays so', async () => {
    const { cluster, nodes } = await contextNodes(3)
    const [a, b, c] = nodes as [ContextNode, ContextNode, ContextNode]
    const ann = a.addPeer()
    create(ann, 'old')
    cluster.settle()
    const id = ann.take().at(-1)?.context_id
    create(ann, 'new', { data: { a: 1 } })
    cluster.step('a', 'c')
    request(ann, 'destroy', { context_id: id })
    cluster.step('a', 'b')
    cluster.step('a', 'b')
    cluster.kill('a')
    cluster.settle()
    expect([view(b), view(c)]).toEqual([{ new: { a: 1 } }, { new: { a: 1 } }])
  })

  test('a change that waits too long is refused as unavailable; when it comes after all, its peer is told like the others', async () => {
    vi.useFakeTimers()
    const {
      cluster,
      nodes: [a],
      peers: [ann, bob],
    } = await pair()
    create(bob, 'x')
    cluster.settle()
    const id = bob.take().at(-1)?.context_id
    ann.take()
    request(bob, 'update', { context_id: id, delta: { added: { a: 1 } } })
    create(bob, 'y')
    create(bob, 'z', { lifetime: 'ownership' })
    vi.advanceTimersByTime(a.engine.limits.clusterTimeoutMs + 1)
    expect(bob.take()).toMatchObject([
      { type: 'error', request_id: 'update', reason_uri: 'global.errors.unavailable' },
      { type: 'error', request_id: 'create', reason_uri: 'global.errors.unavailable' },
      { type: 'error', request_id: 'create', reason_uri: 'global.errors.unavailable' },
    ])
    cluster.settle()
    expect(bob.take()).toMatchObject([
      { type: 'context-updated', updater_id: bob.id },
      { type: 'context-added', name: 'y' },
      { type: 'context-added', name: 'z' },
      { type: 'context-destroyed' },
    ])
    expect(view(a)).toEqual({ x: { a: 1 }, y: null })
  })

  test('only so many changes wait', async () => {
    const {
      cluster,
      peers: [, bob],
    } = await pair()
    create(bob, 'x')
    cluster.settle()
    const id = bob.take().at(-1)?.context_id
    for (let count = 0; count < 1024; count += 1) request(bob, 'update', { context_id: id })
    expect(bob.take()).toEqual([])
    request(bob, 'update', { context_id: id })
    expect(bob.take()).toMatchObject([{ reason_uri: 'global.errors.limits_exceeded' }])
    cluster.settle()
    expect(bob.take()).toHaveLength(1024)
  })
})

describe('two halves that meet', () => {
  test('the older wins what both have, and each gets what only the other has', async () => {
    const {
      cluster,
      nodes: [a, b],
      peers: [ann, bob],
    } = await pair()
    create(ann, 'both')
    cluster.settle()
    const id = ann.take().at(-1)?.context_id
    request(bob, 'subscribe', { context_id: id })
    cluster.settle()
    cluster.cut()
    request(ann, 'update', { context_id: id, delta: { added: { a: 1 } } })
    request(bob, 'update', { context_id: id, delta: { added: { b: 1 } } })
    create(ann, 'old', { data: { a: 1 } })
    create(bob, 'young', { data: { b: 1 } })
    ann.take()
    bob.take()
    cluster.heal()
    cluster.settle()
    expect(bob.take()).toMatchObject([
      { type: 'context-updated', context_id: id, updater_id: null, delta: { reset: { a: 1 } } },
      { type: 'context-added', name: 'old' },
    ])
    expect(ann.take()).toMatchObject([{ type: 'context-added', name: 'young' }])
    const all = { both: { a: 1 }, old: { a: 1 }, young: { b: 1 } }
    expect([view(a), view(b)]).toEqual([all, all])
  })

  test('what only the younger changed in between is not lost, however many reigns that were', async () => {
    const { cluster, nodes } = await contextNodes(3)
    const [a, b, c] = nodes as [ContextNode, ContextNode, ContextNode]
    const [ann, bob, cid] = [a, b, c].map((node) => node.addPeer())
    create(ann!, 'x', { data: { a: 0 } })
    create(ann!, 'y', { data: { a: 0 } })
    cluster.settle()
    const [x, y] = ann!.take('context-added').map(({ context_id: id }) => id)
    request(bob!, 'update', { context_id: y, delta: { added: { a: 1 } } })
    cluster.settle()
    cluster.cut('a')
    request(bob!, 'update', { context_id: x, delta: { added: { b: 1 } } })
    cluster.settle()
    cluster.kill('b')
    request(cid!, 'update', { context_id: x, delta: { added: { c: 1 } } })
    cluster.heal('a', 'c')
    cluster.settle()
    const all = { x: { a: 0, b: 1, c: 1 }, y: { a: 1 } }
    expect([view(a), view(c)]).toEqual(twice(all))
    // And nothing is taken for newer afterwards.
    cluster.cut('a', 'c')
    request(ann!, 'update', { context_id: x, delta: { added: { a: 2 } } })
    request(cid!, 'update', { context_id: x, delta: { added: { c: 2 } } })
    cluster.heal('a', 'c')
    cluster.settle()
    expect([view(a), view(c)]).toEqual(twice({ ...all, x: { a: 2, b: 1, c: 1 } }))
  })

  test('of one name made on both sides, the younger gets the data of the older under the id its clients know', async () => {
    const {
      cluster,
      nodes: [a, b],
      peers: [ann, bob],
    } = await pair()
    cluster.cut()
    create(ann, 'x', { data: { of: 'ann' } })
    create(bob, 'x', { data: { of: 'bob' } })
    const [annsId, bobsId] = [ann, bob].map((peer) => peer.take().at(-1)?.context_id)
    expect(annsId).not.toBe(bobsId)
    cluster.heal()
    cluster.settle()
    expect(bob.take()).toMatchObject([
      { type: 'context-updated', context_id: bobsId, delta: { reset: { of: 'ann' } } },
    ])
    request(bob, 'update', { context_id: bobsId, delta: { added: { b: 1 } } })
    cluster.settle()
    expect(bob.take()).toMatchObject([{ type: 'success' }])
    expect(ann.take()).toMatchObject([{ type: 'context-updated', context_id: annsId }])
    expect([view(a), view(b)]).toEqual(twice({ x: { of: 'ann', b: 1 } }))
    request(ann, 'destroy', { context_id: annsId })
    cluster.settle()
    expect(bob.take()).toMatchObject([{ type: 'context-destroyed', context_id: bobsId }])
    expect([view(a), view(b)]).toEqual([{}, {}])
  })

  test('what the older destroyed in between is gone on both sides', async () => {
    const {
      cluster,
      nodes: [a, b],
      peers: [ann, bob],
    } = await pair()
    create(bob, 'x')
    cluster.settle()
    cluster.cut()
    request(ann, 'destroy', { context_id: ann.take().at(-1)?.context_id })
    bob.take()
    cluster.heal()
    cluster.settle()
    expect(bob.take()).toMatchObject([{ type: 'context-destroyed' }])
    expect([view(a), view(b)]).toEqual([{}, {}])
  })

  test('what lived on a node that was cut off comes back with it', async () => {
    const {
      cluster,
      nodes: [a, b],
      peers: [ann, bob],
    } = await pair()
    create(bob, 'owned', { lifetime: 'ownership' })
    create(bob, 'counted', { lifetime: 'ref-counted' })
    cluster.settle()
    ann.take()
    cluster.cut()
    expect(ann.take().map(({ type }) => type)).toEqual(['context-destroyed', 'context-destroyed'])
    cluster.heal()
    cluster.settle()
    expect([view(a), view(b)]).toEqual(twice({ owned: null, counted: null }))
    bob.drop()
    cluster.settle()
    expect([view(a), view(b)]).toEqual([{}, {}])
  })
})

describe('what the rules keep on its node', () => {
  const rules = {
    contexts: [
      { context: '/local.*/', restrictions: 'local' as const },
      { restrictions: 'cluster' as const },
    ],
  }

  test('is known there alone, and leaves it in no form', async () => {
    const { cluster, nodes } = await contextNodes(2, { rules })
    for (const node of nodes) {
      const peer = node.addPeer()
      create(peer, 'local-secret', { data: { 'local-key': node.engine.nodeId } })
      const id = peer.take().at(-1)?.context_id
      request(peer, 'update', { context_id: id, delta: { added: { 'local-more': 1 } } })
      request(peer, 'unsubscribe', { context_id: id })
      cluster.settle()
      expect(view(node)).toEqual({ 'local-secret': { 'local-key': node.engine.nodeId, 'local-more': 1 } })
    }
    await addNode(cluster, 'z', { rules })
    cluster.kill('a')
    cluster.settle()
    expect(cluster.sent.filter(({ json }) => json.includes('local-'))).toEqual([])
  })

  test('hides the one of the cluster that has its name, until it is gone', async () => {
    const { cluster, nodes } = await contextNodes(2, { rules: {} })
    const [a, b] = nodes as [ContextNode, ContextNode]
    const [ann, bob] = [a.addPeer(), b.addPeer()]
    create(bob, 'x', { data: { of: 'bob' } })
    const id = bob.take().at(-1)?.context_id
    a.reload(ALL_CLUSTER)
    create(ann, 'x', { data: { of: 'ann' } })
    cluster.settle()
    expect(bob.take()).toEqual([])
    expect([view(a), view(b)]).toEqual([{ x: { of: 'ann' } }, { x: { of: 'bob' } }])
    request(ann, 'update', { context_id: ann.take().at(-1)?.context_id, delta: { added: { a: 1 } } })
    cluster.settle()
    expect(bob.take()).toEqual([])
    request(bob, 'destroy', { context_id: id })
    expect(bob.take()).toMatchObject([
      { type: 'context-destroyed', context_id: id },
      { type: 'context-added', name: 'x' },
      { type: 'success' },
    ])
    expect([view(a), view(b)]).toEqual(twice({ x: { of: 'ann', a: 1 } }))
  })
})

describe('when the rules change', () => {
  test.each(['a', 'b'])('what is now local is gone from the others and stays on %s', async (id) => {
    const { cluster, nodes } = await contextNodes(3)
    const home = nodes.find(({ engine }) => engine.nodeId === id) as ContextNode
    const [peer, away] = [home.addPeer(), (nodes[2] as ContextNode).addPeer()]
    create(peer, 'x', { data: { a: 1 } })
    create(peer, 'counted', { lifetime: 'ref-counted' })
    cluster.settle()
    const context = peer.take('context-created')[0]?.context_id
    away.take()
    // One change is on its way when the rules change.
    request(peer, 'update', { context_id: context, delta: { added: { b: 2 } } })
    const before = cluster.sent.length
    home.reload({})
    request(peer, 'update', { context_id: context, delta: { added: { secret: 3 } } })
    cluster.settle()
    expect(peer.take().filter(({ type }) => type === 'success')).toHaveLength(2)
    expect(peer.take('context-destroyed')).toEqual([])
    expect(away.take('context-destroyed')).toHaveLength(2)
    for (const node of nodes) {
      expect(view(node)).toEqual(node === home ? { x: { a: 1, b: 2, secret: 3 }, counted: null } : {})
    }
    expect(cluster.sent.slice(before).filter(({ json }) => json.includes('secret'))).toEqual([])
    peer.drop()
    expect(view(home)).toEqual({ x: { a: 1, b: 2, secret: 3 } })
  })

  test.each(['a', 'b'])(
    'what is now of the cluster is announced from %s, also when it has been there before',
    async (id) => {
      const { cluster, nodes } = await contextNodes(2, { rules: {} })
      const home = nodes.find(({ engine }) => engine.nodeId === id) as ContextNode
      const [peer, away] = [home.addPeer(), nodes.find((node) => node !== home)?.addPeer()]
      create(peer, 'x', { data: { a: 1 } })
      const context = peer.take().at(-1)?.context_id
      for (const time of [1, 2]) {
        home.reload(ALL_CLUSTER)
        request(peer, 'update', { context_id: context, delta: { added: { b: time } } })
        cluster.settle()
        expect(peer.take()).toMatchObject([{ type: 'success' }])
        expect(away?.take()).toMatchObject([{ type: 'context-added', name: 'x' }])
        expect(nodes.map((node) => view(node))).toEqual(twice({ x: { a: 1, b: time } }))
        home.reload({})
        cluster.settle()
        expect(away?.take()).toMatchObject([{ type: 'context-destroyed' }])
      }
    },
  )

  test('a context that waits for its place is made on its node alone, whether it was sent or not', async () => {
    for (const isSent of [true, false]) {
      const { cluster, nodes, peers } = await pair()
      const bob = peers[1]
      if (!isSent) {
        // Knows of an ordering node, and has not heard from it.
        const rest = await addNode(cluster, '0', {})
        expect(rest.engine.nodeId).toBe('0')
        cluster.cut('a', 'b')
        cluster.heal('a', 'b')
        cluster.step('a', 'b')
      }
      create(bob, 'x', { data: { a: 1 } })
      nodes[1].reload({})
      expect(bob.take().map(({ type }) => type)).toEqual(['context-added', 'context-created'])
      cluster.settle()
      expect(bob.take()).toEqual([])
      expect(nodes.map((node) => view(node))).toEqual([{}, { x: { a: 1 } }])
      const leaked = cluster.sent.filter(({ from, json }) => from === 'b' && json.includes('"name":"x"'))
      expect(leaked.length > 0).toBe(isSent)
    }
  })

  test('what is now of the cluster, where its name is taken, becomes the one that is there', async () => {
    const { cluster, nodes } = await contextNodes(2, { rules: {} })
    const [a, b] = nodes as [ContextNode, ContextNode]
    const [ann, bob] = [a.addPeer(), b.addPeer()]
    create(bob, 'x', { data: { of: 'bob' } })
    const id = bob.take().at(-1)?.context_id
    a.reload(ALL_CLUSTER)
    create(ann, 'x', { data: { of: 'ann' } })
    cluster.settle()
    b.reload(ALL_CLUSTER)
    cluster.settle()
    expect(bob.take()).toMatchObject([
      { type: 'context-updated', context_id: id, delta: { reset: { of: 'ann' } } },
    ])
    request(bob, 'update', { context_id: id, delta: { added: { b: 1 } } })
    cluster.settle()
    expect([view(a), view(b)]).toEqual(twice({ x: { of: 'ann', b: 1 } }))
  })
})

test('a message that no node of ours would send is logged and changes nothing', async () => {
  const errors: object[] = []
  const error = (details: object): void => void errors.push(details)
  const { cluster, nodes } = await contextNodes(2, { logger: { ...silentLogger, error } })
  const [a, b] = nodes as [ContextNode, ContextNode]
  create(a.addPeer(), 'x', { data: { a: 1 } })
  cluster.settle()
  const rogue = cluster.node('rogue', 99)
  const channel = rogue.open('context', { message: () => undefined })
  rogue.open('peers', { snapshot: () => [], message: () => undefined })
  await rogue.start()
  cluster.settle()
  for (const message of [
    null,
    5,
    {},
    { type: 'lead' },
    { type: 'join', term: 'a:1', holdings: null },
    { type: 'operation', term: 'a:1', number: 1, operation: null },
    { type: 'operation', term: 'a:1', number: 2, operation: { kind: 'explode', key: 'x' } },
    {
      type: 'offer',
      term: 'a:1',
      context: { lifetime: 'activity', key: 'k', name: 'y', user: 'john' },
      held: true,
    },
    { type: 'order', term: 'a:1', sequence: 9, order: { kind: 'destroy', key: 'x' }, id: null },
  ]) {
    channel.broadcast(message)
  }
  cluster.settle()
  expect(errors.length).toBeGreaterThan(0)
  expect([view(a), view(b)]).toEqual(twice({ x: { a: 1 } }))
})

test('what another node cannot be right about is not told to anybody', async () => {
  const { cluster, nodes } = await contextNodes(2, { limits: { maxContextBytes: 1000 } })
  const rogue = cluster.node('rogue', 99)
  const channel = rogue.open('context', { message: () => undefined })
  rogue.open('peers', { snapshot: () => [], message: () => undefined })
  await rogue.start()
  cluster.settle()
  const context = {
    key: 'c-rogue-1',
    name: 'y',
    user: 'john',
    byService: false,
    lifetime: 'retained',
    creatorId: 'p-rogue-1',
    creatorIdentity: {},
    origin: 'rogue',
    read: '',
    write: '',
    data: null,
    recent: [],
  }
  const before = cluster.sent.length
  const ask = (number: number, record: object): void =>
    channel.send('a', {
      type: 'operation',
      term: 'a:1',
      number,
      operation: { kind: 'create', context: record },
    })
  ask(1, { ...context, lifetime: 'activity' })
  ask(2, { ...context, read: '$user ==' })
  ask(3, { ...context, data: { text: 'x'.repeat(2000) } })
  channel.send('a', {
    type: 'offer',
    term: 'a:1',
    context: { ...context, lifetime: 'activity' },
    version: null,
    held: true,
  })
  cluster.settle()
  const sent = cluster.sent.slice(before).map(({ json }) => json)
  expect(sent.filter((json) => json.includes('"order"'))).toEqual([])
  expect(sent.filter((json) => json.includes('"answer"') && json.includes('"code"'))).toHaveLength(3)
  ask(4, context)
  cluster.settle()
  expect(nodes.map((node) => view(node))).toEqual(twice({ y: null }))
})

test('a node that cannot carry out what was ordered asks for what it lacks', async () => {
  const { cluster, nodes } = await contextNodes(1)
  const [b] = nodes as [ContextNode]
  // An older node, which orders things that the other does not understand.
  const asked: unknown[] = []
  const rogue = cluster.node('rogue', 0)
  const channel = rogue.open('context', {
    message: (_from, message) => {
      const { type } = message as { type: string }
      if (type !== 'join') return
      asked.push(message)
      channel.send('a', { type: 'state', term: 'rogue:1', want: [], done: [] })
    },
  })
  rogue.open('peers', { snapshot: () => [], message: () => undefined })
  await rogue.start()
  cluster.settle()
  channel.broadcast({ type: 'lead', term: 'rogue:1' })
  cluster.settle()
  expect(asked).toHaveLength(1)
  const order = (one: object, sequence: number): void =>
    channel.broadcast({ type: 'order', term: 'rogue:1', sequence, order: one, id: null })
  order(
    {
      kind: 'create',
      holders: [],
      context: {
        key: 'c-rogue-1',
        name: 'y',
        user: 'john',
        byService: false,
        lifetime: 'retained',
        creatorId: 'p-rogue-1',
        creatorIdentity: {},
        origin: 'rogue',
        read: '',
        write: '',
        data: { list: [] },
        recent: [],
      },
    },
    1,
  )
  // More than there is room for in any node.
  const delta = { commands: [{ type: 'set', path: 'list.999999998', value: 1 }] }
  order({ kind: 'update', key: 'c-rogue-1', delta, updaterId: 'p-rogue-1' }, 2)
  cluster.settle()
  expect(asked).toHaveLength(2)
  expect(view(b)).toEqual({ y: { list: [] } })
})
