import { describe, expect, test } from 'vitest'
import { createContextDomain, type ContextOptions } from '../../src/context/context-domain.ts'
import type { ServerMessage } from '../../src/protocol/message.ts'
import {
  createTestEngine,
  type TestEngine,
  type TestEngineOptions,
  type TestPeer,
  type TestPeerOptions,
} from '../support/test-engine.ts'

interface Node extends TestEngine {
  domain: ReturnType<typeof createContextDomain>
}

function start(options: TestEngineOptions = {}, contextOptions: ContextOptions = {}): Node {
  const engine = createTestEngine(options)
  const domain = engine.use(createContextDomain(engine.engine, contextOptions))
  return { ...engine, domain }
}

const ask = (peer: TestPeer, type: string, message: object = {}): ServerMessage[] => {
  peer.say({ domain: 'global', type, request_id: 'r', ...message })
  return peer.take()
}

const created = (peer: TestPeer, name: string, message: object = {}): string => {
  const answer = ask(peer, 'create-context', { name, lifetime: 'retained', ...message }).at(-1)
  expect(answer).toMatchObject({ type: expect.stringMatching(/^(?:context-created|subscribed-context)$/) })
  return answer?.context_id as string
}

const snapshot = (peer: TestPeer, id: string): unknown => {
  const answer = ask(peer, 'subscribe-context', { context_id: id }).at(-1)
  expect(answer).toMatchObject({ type: 'subscribed-context', context_id: id })
  return answer?.data
}

const failure = (reason: unknown, uri = 'failure'): object => ({
  type: 'error',
  request_id: 'r',
  reason_uri: `global.errors.${uri}`,
  reason,
})

describe('creating', () => {
  test('is announced to every peer of the user, the creator included, before the creator is answered', () => {
    const node = start()
    const [ann, bob, eve] = [node.addPeer(), node.addPeer(), node.addPeer({ user: 'eve' })]
    const answers = ask(ann, 'create-context', { name: 'prices', data: { a: 1 }, lifetime: 'retained' })
    const id = answers[1]?.context_id
    const added = {
      domain: 'global',
      type: 'context-added',
      creator_id: ann.id,
      context_id: id,
      name: 'prices',
    }
    expect(answers).toEqual([
      { ...added, peer_id: ann.id },
      { domain: 'global', type: 'context-created', request_id: 'r', context_id: id, peer_id: ann.id },
    ])
    expect(id).toMatch(/^c-n1-\d+$/)
    expect(bob.take()).toEqual([{ ...added, peer_id: bob.id }])
    expect(eve.take()).toEqual([])
  })

  test('makes the creator a member', () => {
    const node = start()
    const [ann, bob] = [node.addPeer(), node.addPeer()]
    const id = created(ann, 'x')
    ask(bob, 'update-context', { context_id: id, delta: { added: { a: 1 } } })
    expect(ann.take()).toMatchObject([{ type: 'context-updated', updater_id: bob.id }])
  })

  test('a name that exists is a subscription to what is there, whatever was sent with it', () => {
    const node = start()
    const [ann, bob] = [node.addPeer(), node.addPeer()]
    const id = created(ann, 'x', { data: { a: 1 } })
    bob.take()
    expect(ask(bob, 'create-context', { name: 'x', data: [9], lifetime: 'nonsense' })).toEqual([
      {
        domain: 'global',
        type: 'subscribed-context',
        request_id: 'r',
        context_id: id,
        name: 'x',
        data: { a: 1 },
        peer_id: bob.id,
      },
    ])
    ask(ann, 'update-context', { context_id: id, delta: { added: { b: 1 } } })
    expect(bob.take('context-updated')).toHaveLength(1)
  })

  test('without data the snapshot is null until the first update', () => {
    const node = start()
    const ann = node.addPeer()
    for (const data of [undefined, null]) {
      const id = created(ann, `x${data}`, { data })
      expect(snapshot(ann, id)).toBeNull()
      ask(ann, 'update-context', { context_id: id })
      expect(snapshot(ann, id)).toEqual({})
    }
  })

  test.each([
    ['no name', { name: undefined }, /name/],
    ['an empty name', { name: '' }, /name/],
    ['a name that is no string', { name: 5 }, /name/],
    ['data that are a list', { data: [1] }, /must be an object/],
    ['data that are text', { data: 'x' }, /must be an object/],
  ])('%s is refused', (_what, message, reason) => {
    const ann = start().addPeer()
    const sent = { name: 'x', lifetime: 'retained', ...message }
    expect(ask(ann, 'create-context', sent)).toMatchObject([failure(expect.stringMatching(reason))])
  })

  test.each(['activity', 'RETAINED', '', undefined, null, 5, ['retained']])(
    'the lifetime %j is refused',
    (lifetime) => {
      const ann = start().addPeer()
      expect(ask(ann, 'create-context', { name: 'x', lifetime })).toMatchObject([
        failure(expect.stringMatching(/^Bad lifetime value /), 'bad_lifetime'),
      ])
      expect(snapshot(ann, created(ann, 'x'))).toBeNull()
    },
  )

  test.each(['read_permissions', 'write_permissions'])('bad %s are refused, and nothing is made', (which) => {
    const node = start()
    const ann = node.addPeer()
    for (const text of ['$a ==', '   ', 5]) {
      expect(ask(ann, 'create-context', { name: 'x', lifetime: 'retained', [which]: text })).toMatchObject([
        failure(expect.any(String)),
      ])
    }
    expect(node.domain.stats().contexts).toBe(0)
  })

  test('limits: the length of a name, contexts of one user, bytes of data', () => {
    const node = start({ limits: { maxNameLength: 3, maxContextsPerUser: 2, maxContextBytes: 20 } })
    const [ann, eve] = [node.addPeer(), node.addPeer({ user: 'eve' })]
    const retained = { lifetime: 'retained' }
    const limited = [failure(expect.any(String), 'limits_exceeded')]
    expect(ask(ann, 'create-context', { ...retained, name: 'long' })).toMatchObject(limited)
    expect(ask(ann, 'create-context', { ...retained, name: 'x', data: { a: 'x'.repeat(20) } })).toMatchObject(
      limited,
    )
    created(ann, 'a')
    created(ann, 'b')
    expect(ask(ann, 'create-context', { ...retained, name: 'c' })).toMatchObject(limited)
    created(ann, 'b')
    created(eve, 'c')
  })

  test('a lifetime can be forced on all', () => {
    const node = start({}, { lifetime: 'retained' })
    const [ann, bob] = [node.addPeer(), node.addPeer()]
    for (const lifetime of ['ownership', 'ref-counted', undefined]) {
      created(ann, `${lifetime}`, { lifetime })
    }
    ann.drop()
    expect(bob.take('context-destroyed')).toEqual([])
    expect(() => start({}, { lifetime: 'activity' as 'retained' })).toThrow(
      new TypeError('"contexts.lifetime" must be one of retained, ref-counted, ownership'),
    )
  })
})

describe('a welcome', () => {
  test('is followed by the contexts of the user that may be read, with no creator but an owner', () => {
    const node = start()
    const ann = node.addPeer({ identity: { application: 'a' } })
    const one = created(ann, 'one')
    const two = created(ann, 'two', { lifetime: 'ownership' })
    created(ann, 'three', { read_permissions: "$application == 'a'" })
    expect(node.addPeer().take()).toMatchObject([
      { domain: 'global', type: 'context-added', name: 'one', context_id: one, creator_id: null },
      { domain: 'global', type: 'context-added', name: 'two', context_id: two, creator_id: ann.id },
    ])
    expect(node.addPeer({ user: 'eve' }).take()).toEqual([])
    expect(node.addPeer({ user: null }).take()).toEqual([])
  })
})

describe('subscribing', () => {
  test('answers with the name and the data, again when asked again', () => {
    const node = start()
    const [ann, bob] = [node.addPeer(), node.addPeer()]
    const id = created(ann, 'x', { data: { a: 1 } })
    bob.take()
    const answer = {
      domain: 'global',
      type: 'subscribed-context',
      request_id: 'r',
      peer_id: bob.id,
      context_id: id,
      name: 'x',
      data: { a: 1 },
    }
    expect(ask(bob, 'subscribe-context', { context_id: id })).toEqual([answer])
    expect(ask(bob, 'subscribe-context', { context_id: id })).toEqual([answer])
    ask(ann, 'update-context', { context_id: id, delta: { added: { b: 1 } } })
    expect(bob.take()).toHaveLength(1)
  })

  test('ends with unsubscribing, which succeeds for who is no member too', () => {
    const node = start()
    const [ann, bob] = [node.addPeer(), node.addPeer()]
    const id = created(ann, 'x')
    bob.take()
    for (const _time of [1, 2]) {
      expect(ask(ann, 'unsubscribe-context', { context_id: id })).toMatchObject([
        { type: 'success', request_id: 'r' },
      ])
    }
    ask(bob, 'update-context', { context_id: id, delta: { added: { a: 1 } } })
    expect(ann.take()).toEqual([])
  })

  test.each(['subscribe-context', 'unsubscribe-context', 'update-context', 'destroy-context'])(
    '%s of what does not exist says so in the words clients look for',
    (type) => {
      const node = start()
      const [ann, eve] = [node.addPeer(), node.addPeer({ user: 'eve' })]
      const ofEve = created(eve, 'x')
      for (const id of ['c-1', ofEve, '__proto__', 5, null, undefined]) {
        expect(ask(ann, type, { context_id: id })).toMatchObject([
          failure(expect.stringMatching(/^Unable to find context with id/)),
        ])
      }
      expect(snapshot(eve, ofEve)).toBeNull()
    },
  )
})

describe('updating', () => {
  test('reaches every member but the updater, verbatim, and the updater has its success', () => {
    const node = start()
    const [ann, bob, cid] = [node.addPeer(), node.addPeer(), node.addPeer()]
    const id = created(ann, 'x')
    snapshot(bob, id)
    cid.take()
    const delta = { added: { a: { b: 1 } }, unknown: [1], commands: null }
    expect(ask(bob, 'update-context', { context_id: id, delta })).toEqual([
      { domain: 'global', type: 'success', request_id: 'r', peer_id: bob.id },
    ])
    expect(ann.take()).toEqual([
      {
        domain: 'global',
        type: 'context-updated',
        updater_id: bob.id,
        context_id: id,
        delta,
        peer_id: ann.id,
      },
    ])
    expect(cid.take()).toEqual([])
    expect(snapshot(cid, id)).toEqual({ a: { b: 1 } })
    expect(node.engine.counters.contextUpdates).toBe(1)
  })

  test('needs no membership', () => {
    const node = start()
    const [ann, bob] = [node.addPeer(), node.addPeer()]
    const id = created(ann, 'x')
    bob.take()
    expect(ask(bob, 'update-context', { context_id: id, delta: {} })).toMatchObject([{ type: 'success' }])
    expect(ann.take()).toMatchObject([{ delta: {} }])
  })

  test('an absent delta is told as an empty one', () => {
    const node = start()
    const [ann, bob] = [node.addPeer(), node.addPeer()]
    const id = created(ann, 'x')
    ask(bob, 'update-context', { context_id: id })
    expect(ann.take()).toMatchObject([{ delta: {} }])
  })

  test('is all or nothing: what is refused changes nothing and is told to nobody', () => {
    const node = start({ limits: { maxContextBytes: 100 } })
    const [ann, bob] = [node.addPeer(), node.addPeer()]
    const id = created(ann, 'x', { data: { a: 1 } })
    bob.take()
    const good = { type: 'set', path: 'a', value: 2 }
    const deltas = [
      { commands: [good, { type: 'move', path: 'b' }] },
      { commands: [good, { type: 'set', path: 'b', value: 'x'.repeat(100) }] },
      { added: { b: 'x'.repeat(100) } },
      'text',
    ]
    for (const delta of deltas) {
      expect(ask(bob, 'update-context', { context_id: id, delta })).toMatchObject([{ type: 'error' }])
    }
    expect(ann.take()).toEqual([])
    expect(snapshot(bob, id)).toEqual({ a: 1 })
  })

  test('a snapshot is not changed by what comes later', () => {
    const node = start()
    const [ann, bob] = [node.addPeer(), node.addPeer()]
    const id = created(ann, 'x', { data: { a: { b: 1 } } })
    bob.take()
    expect(snapshot(bob, id)).toEqual({ a: { b: 1 } })
    ask(ann, 'update-context', {
      context_id: id,
      delta: { commands: [{ type: 'set', path: 'a.b', value: 2 }] },
    })
    expect(snapshot(bob, id)).toEqual({ a: { b: 2 } })
  })

  test('data and deltas are written once, whatever the number of receivers', () => {
    const node = start()
    const peers = Array.from({ length: 20 }, () => node.addPeer())
    const [ann] = peers as [TestPeer]
    let written = 0
    const toJSON = (): string => {
      written += 1
      return 'x'
    }
    // Through the engine, for text has no functions.
    node.handle(ann, {
      domain: 'global',
      type: 'create-context',
      name: 'x',
      lifetime: 'retained',
      data: { value: { toJSON } },
    })
    const id = created(ann, 'x')
    written = 0
    for (const peer of peers) {
      peer.take()
      snapshot(peer, id)
    }
    expect(written).toBe(0)
    node.handle(ann, {
      domain: 'global',
      type: 'update-context',
      context_id: id,
      delta: { added: { other: { toJSON } } },
    })
    for (const peer of peers.slice(1)) expect(peer.take('context-updated')).toHaveLength(1)
    expect(written).toBe(1)
  })
})

describe('destroying', () => {
  test('is told to members, then to the others that can read it, the destroyer too, before its success', () => {
    const node = start()
    const order: string[] = []
    const peers = Array.from({ length: 3 }, () => node.addPeer())
    const [ann, bob, cid] = peers as [TestPeer, TestPeer, TestPeer]
    const eve = node.addPeer({ user: 'eve' })
    const id = created(cid, 'x')
    for (const peer of peers) {
      peer.take()
      const { send } = peer
      peer.send = (message, shared) => {
        order.push(`${peers.indexOf(peer)} ${message.type}`)
        send(message, shared)
      }
    }
    const gone = {
      domain: 'global',
      type: 'context-destroyed',
      context_id: id,
      reason_uri: 'global.destroyed',
      reason: 'Context destroyed explicitly',
    }
    expect(ask(bob, 'destroy-context', { context_id: id })).toEqual([
      { ...gone, peer_id: bob.id },
      { domain: 'global', type: 'success', request_id: 'r', peer_id: bob.id },
    ])
    expect(order).toEqual(['2 context-destroyed', '0 context-destroyed', '1 context-destroyed', '1 success'])
    expect(ann.take()).toEqual([{ ...gone, peer_id: ann.id }])
    expect(eve.take()).toEqual([])
    expect(node.domain.stats()).toEqual({ contexts: 0, bytes: 0, members: 0 })
    expect(created(ann, 'x')).not.toBe(id)
  })
})

describe('lifetimes', () => {
  const left = { type: 'context-destroyed', reason: 'Context destroyed because its owner/last peer left' }

  test('retained: lives on when everybody has gone', () => {
    const node = start()
    const ann = node.addPeer()
    const id = created(ann, 'x', { data: { a: 1 } })
    ann.drop()
    const bob = node.addPeer()
    expect(bob.take()).toMatchObject([{ type: 'context-added', name: 'x' }])
    expect(snapshot(bob, id)).toEqual({ a: 1 })
  })

  test('ref-counted: ends with its last member, who is told before it is answered', () => {
    const node = start()
    const [ann, bob, cid] = [node.addPeer(), node.addPeer(), node.addPeer()]
    const id = created(ann, 'x', { lifetime: 'ref-counted' })
    snapshot(bob, id)
    ann.drop()
    expect(bob.take()).toEqual([])
    cid.take()
    const told = { ...left, reason_uri: 'global.peer-left' }
    expect(ask(bob, 'unsubscribe-context', { context_id: id })).toMatchObject([told, { type: 'success' }])
    expect(cid.take()).toMatchObject([told])
  })

  test('ref-counted: ends with the connection of its last member', () => {
    const node = start()
    const [ann, bob] = [node.addPeer(), node.addPeer()]
    created(ann, 'x', { lifetime: 'ref-counted' })
    bob.take()
    ann.drop()
    expect(bob.take()).toMatchObject([{ ...left, domain: 'global', reason_uri: 'context.peer-left' }])
  })

  test('ownership: ends when the owner unsubscribes or leaves, and nobody else can destroy it', () => {
    const node = start()
    const [ann, bob] = [node.addPeer(), node.addPeer()]
    for (const end of ['unsubscribe', 'drop']) {
      const id = created(ann, end, { lifetime: 'ownership' })
      snapshot(bob, id)
      expect(ask(bob, 'destroy-context', { context_id: id })).toMatchObject([
        failure('Not authorized to destroy context', 'not_authorized'),
      ])
      if (end === 'drop') ann.drop()
      else ask(ann, 'unsubscribe-context', { context_id: id })
      expect(bob.take()).toMatchObject([left])
    }
  })

  test('ownership: the owner can destroy it', () => {
    const ann = start().addPeer()
    const id = created(ann, 'x', { lifetime: 'ownership' })
    expect(ask(ann, 'destroy-context', { context_id: id }).at(-1)).toMatchObject({ type: 'success' })
  })
})

describe('permissions', () => {
  const desk = { identity: { application: 'desk', region: 'EU' } }
  const mine = { identity: { application: 'mine', region: 'EU' } }
  const other = { identity: { application: 'other', region: 'US' } }

  function trio(message: object): [id: string, creator: TestPeer, mine: TestPeer, other: TestPeer] {
    const node = start()
    const [a, b, c] = [node.addPeer(desk), node.addPeer(mine), node.addPeer(other)]
    const id = created(a, 'x', message)
    return [id, a, b, c]
  }
  const may = (peer: TestPeer, id: string): string =>
    ['subscribe', 'update', 'destroy']
      .filter((verb) => {
        const [first] = ask(peer, `${verb}-context`, { context_id: id })
        if (first?.type === 'error') {
          const reason = `Not authorized to ${verb === 'subscribe' ? 'read' : verb} context`
          expect(first).toMatchObject(failure(reason, 'not_authorized'))
        }
        return first?.type !== 'error'
      })
      .join(' ')

  test('read: those for whom it holds, # being the creator and $ who asks', () => {
    const [id, a, b, c] = trio({
      read_permissions: '$region == #region',
      write_permissions: "$application == 'nobody'",
    })
    expect(b.take('context-added')).toHaveLength(1)
    expect(c.take('context-added')).toHaveLength(0)
    expect([may(c, id), may(b, id)]).toEqual(['', 'subscribe'])
    expect(ask(c, 'create-context', { name: 'x', lifetime: 'retained' })).toMatchObject([
      failure('Not authorized to read context', 'not_authorized'),
    ])
    expect(may(a, id)).toBe('subscribe update destroy')
    expect(b.take('context-destroyed')).toHaveLength(1)
    expect(c.take('context-destroyed')).toHaveLength(0)
  })

  test('write permissions that were given and hold let read as well', () => {
    const [id, , b, c] = trio({
      read_permissions: "$application == 'nobody'",
      write_permissions: '$region == #region',
    })
    expect(may(c, id)).toBe('')
    expect(may(b, id)).toBe('subscribe update destroy')
  })

  test('who cannot read can still write where nothing restricts that', () => {
    const [id, , b] = trio({ read_permissions: "$application == 'nobody'" })
    expect(may(b, id)).toBe('update destroy')
  })

  test('a refusal is in the domain of the request', () => {
    const [id, , b] = trio({ read_permissions: "$application == 'nobody'" })
    expect(ask(b, 'subscribe-context', { domain: 'context', context_id: id })).toMatchObject([
      { domain: 'context', reason_uri: 'context.errors.not_authorized' },
    ])
  })
})

describe('users', () => {
  test('two users have the same name for different contexts', () => {
    const node = start()
    const [ann, eve, nobody] = [node.addPeer(), node.addPeer({ user: 'eve' }), node.addPeer({ user: null })]
    const ids = [ann, eve, nobody].map((peer) => created(peer, 'x', { data: { of: peer.id } }))
    expect(new Set(ids).size).toBe(3)
    for (const [index, peer] of [ann, eve, nobody].entries()) {
      expect(created(peer, 'x')).toBe(ids[index])
      expect(snapshot(peer, ids[index] ?? '')).toEqual({ of: peer.id })
    }
  })

  test('a service finds what other services made, after what its own user has', () => {
    const node = start()
    const service = (user: string): TestPeerOptions => ({ user, service: true })
    const [one, two] = [node.addPeer(service('one')), node.addPeer(service('two'))]
    const [plain, ann] = [node.addPeer({ user: 'one' }), node.addPeer()]
    const shared = created(one, 'x')
    const own = created(ann, 'y')
    expect(two.take('context-added')).toMatchObject([{ context_id: shared }])
    expect(plain.take('context-added')).toMatchObject([{ context_id: shared }])
    expect(ann.take('context-added')).toEqual([])
    expect(created(two, 'x')).toBe(shared)
    expect(ask(two, 'subscribe-context', { context_id: own })).toMatchObject([{ type: 'error' }])
    expect(node.addPeer(service('three')).take()).toMatchObject([{ context_id: shared }])
    expect(node.addPeer({ user: 'three' }).take()).toEqual([])
    ask(one, 'destroy-context', { context_id: shared })
    expect(two.take()).toMatchObject([{ type: 'context-destroyed' }])
  })
})

describe('the domain context', () => {
  test('is where a peer is told of contexts once it has joined, and who of the others has joined', () => {
    const node = start()
    const [ann, bob, cid, eve] = [
      node.addPeer(),
      node.addPeer(),
      node.addPeer(),
      node.addPeer({ user: 'eve' }),
    ]
    const id = created(ann, 'x')
    bob.join('context')
    eve.join('context')
    bob.take()
    cid.take()
    ann.join('context')
    expect(ann.take()).toEqual([
      {
        domain: 'context',
        type: 'peer-added',
        new_peer_id: bob.id,
        identity: bob.identity,
        meta: { local: true },
        peer_id: ann.id,
      },
      { domain: 'context', type: 'success', request_id: null, peer_id: ann.id },
    ])
    expect(bob.take()).toMatchObject([{ domain: 'context', type: 'peer-added', new_peer_id: ann.id }])
    expect(cid.take()).toEqual([])

    // Notices go where the receiver is, answers where the request was.
    expect(ask(cid, 'update-context', { context_id: id, delta: {} })).toMatchObject([{ domain: 'global' }])
    expect(ann.take()).toMatchObject([{ domain: 'context', type: 'context-updated' }])
    expect(ask(ann, 'update-context', { context_id: id, delta: {} })).toMatchObject([{ domain: 'global' }])
    expect(ask(ann, 'update-context', { domain: 'context', context_id: id })).toMatchObject([
      { domain: 'context' },
    ])
    expect(ask(cid, 'destroy-context', { domain: 'context', context_id: id })).toMatchObject([
      { domain: 'global', type: 'context-destroyed', reason_uri: 'context.destroyed' },
      { domain: 'context', type: 'success' },
    ])
    expect(bob.take()).toMatchObject([{ domain: 'context', type: 'context-destroyed' }])
  })

  test('leaving it ends memberships; the peer is told of no further contexts but can ask for them', () => {
    const node = start()
    const [ann, bob] = [node.addPeer(), node.addPeer()]
    ann.join('context')
    bob.join('context')
    const id = created(ann, 'x', { lifetime: 'ref-counted' })
    bob.take()
    ann.leave('context', { reason_uri: 'my.uri', reason: 'mine' })
    expect(ann.take()).toMatchObject([
      { type: 'context-destroyed', context_id: id, reason_uri: 'global.peer-left' },
      { domain: 'context', type: 'peer-removed', removed_id: bob.id },
      { type: 'success' },
    ])
    expect(bob.take()).toEqual([
      expect.objectContaining({ type: 'context-destroyed', context_id: id }),
      {
        domain: 'context',
        type: 'peer-removed',
        removed_id: ann.id,
        reason_uri: 'my.uri',
        reason: 'mine',
        peer_id: bob.id,
      },
    ])
    const next = created(bob, 'y')
    expect(ann.take()).toEqual([])
    expect(snapshot(ann, next)).toBeNull()
    created(ann, 'z')
    expect(bob.take()).toMatchObject([{ type: 'context-added', name: 'z' }])
    ann.drop()
    expect(bob.take()).toEqual([])
  })

  test('losing the connection is told as such', () => {
    const node = start()
    const [ann, bob] = [node.addPeer(), node.addPeer()]
    ann.join('context')
    bob.join('context')
    ann.take()
    bob.take()
    ann.drop()
    expect(bob.take()).toMatchObject([
      { type: 'peer-removed', reason_uri: 'context.peer-removed', reason: 'Peer has been removed' },
    ])
  })

  test('an unknown type is refused', () => {
    const ann = start().addPeer()
    ann.say({ domain: 'context', type: 'create-activity' })
    expect(ann.take()).toMatchObject([
      { type: 'error', request_id: -1, reason_uri: 'context.errors.unhandled_message' },
    ])
  })
})

test('the numbers follow what there is', () => {
  const node = start()
  const [ann, bob] = [node.addPeer(), node.addPeer()]
  const id = created(ann, 'x', { data: { a: 'é' } })
  snapshot(bob, id)
  expect(node.domain.stats()).toEqual({ contexts: 1, bytes: 11, members: 2 })
  expect([...node.domain.all()].map((context) => context.id)).toEqual([id])
  ann.drop()
  bob.drop()
  expect(node.domain.stats().members).toBe(0)
  node.domain.close()
})
