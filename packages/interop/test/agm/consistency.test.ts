import fc from 'fast-check'
import { expect, test } from 'vitest'
import type { VisibilityRules } from '@portcullis/visibility'
import { agmCluster, type AgmNode } from '../support/agm-node.ts'
import type { TestPeer } from '../support/test-engine.ts'

const rulesWith = (closed: boolean, withdrawn: boolean): VisibilityRules => ({
  methods: closed ? [{ method: '/Closing.*/', restrictions: 'local' }] : [],
  peers: withdrawn ? [{ domain: 'interop', identity: { application: 'A' }, restrictions: 'local' }] : [],
  default: 'cluster',
})

/** What a client makes of what it is told; it fails on what the real one would throw on, or never be rid of. */
class Client {
  readonly peer: TestPeer
  joined = false
  readonly known = new Map<string, Map<unknown, string>>()
  readonly calls = new Set<unknown>()
  readonly asked = new Map<unknown, string>()
  readonly active = new Map<string, string>()
  readonly invocations = new Set<string>()
  /** Interests in its streams: the method, and whether it has accepted. */
  readonly interests = new Map<string, { method: unknown; accepted: boolean }>()

  constructor(peer: TestPeer) {
    this.peer = peer
  }

  forget(): void {
    for (const one of [this.known, this.calls, this.asked, this.active]) one.clear()
    this.invocations.clear()
    this.interests.clear()
  }

  read(): void {
    for (const message of this.peer.take()) {
      const { type, request_id: request } = message
      const subscription = message.subscription_id as string
      const server = message.server_id as string
      switch (type) {
        case 'peer-added':
          expect(this.known.has(message.new_peer_id as string)).toBe(false)
          this.known.set(message.new_peer_id as string, new Map())
          break
        case 'peer-removed': {
          const removed = message.removed_id as string
          expect(this.known.get(removed)?.size).toBe(0)
          this.known.delete(removed)
          expect([...this.active.values()]).not.toContain(removed)
          expect([...this.asked.values()]).not.toContain(removed)
          break
        }
        case 'methods-added':
          if (server === this.peer.id) break
          expect(this.known.has(server)).toBe(true)
          for (const { id, name } of message.methods as { id: unknown; name: string }[]) {
            this.known.get(server)!.set(id, name)
          }
          break
        case 'methods-removed':
          if (server === this.peer.id) break
          for (const id of message.methods as unknown[]) {
            expect(this.known.get(server)!.delete(id)).toBe(true)
          }
          break
        case 'invoke':
          expect(this.invocations.has(message.invocation_id as string)).toBe(false)
          this.invocations.add(message.invocation_id as string)
          break
        case 'add-interest':
          expect(this.interests.has(subscription)).toBe(false)
          this.interests.set(subscription, { method: message.method_id, accepted: false })
          break
        case 'remove-interest':
          expect(this.interests.delete(subscription)).toBe(true)
          break
        case 'result':
          expect(this.calls.delete(request)).toBe(true)
          break
        case 'error':
          // Of requests that are not kept here, the refusal is the end.
          if (!this.calls.delete(request)) this.asked.delete(request)
          break
        case 'subscribed':
          this.active.set(subscription, this.asked.get(request)!)
          expect(this.asked.delete(request)).toBe(true)
          break
        case 'event':
          expect(this.active.has(subscription)).toBe(true)
          break
        case 'subscription-cancelled':
          expect(this.active.delete(subscription)).toBe(true)
          break
        default:
          expect(type).toBe('success')
      }
    }
  }
}

const PEERS = 6
const who = fc.nat(PEERS - 1)
const id = fc.constantFrom(0, 1, '1')
const action = fc.oneof(
  fc.record({
    type: fc.constant('register' as const),
    peer: who,
    id,
    name: fc.constantFrom('Open', 'ClosingTime'),
    restrictions: fc.constantFrom(null, "$application == 'A'", '$node == #node'),
  }),
  fc.record({ type: fc.constant('unregister' as const), peer: who, id }),
  fc.record({
    type: fc.constantFrom('call' as const, 'subscribe' as const, 'subscribe' as const),
    peer: who,
    server: who,
    id,
  }),
  fc.record({
    type: fc.constantFrom(
      'yield' as const,
      'fail' as const,
      'accept' as const,
      'reject' as const,
      'push' as const,
      'drop-subscription' as const,
      'unsubscribe' as const,
      'join' as const,
      'leave' as const,
    ),
    peer: who,
  }),
  fc.record({
    type: fc.constantFrom('settle' as const, 'cut' as const, 'heal' as const, 'reload' as const),
    flag: fc.boolean(),
    node: fc.nat(2),
  }),
  fc.record({ type: fc.constant('step' as const), from: fc.nat(2), to: fc.nat(2) }),
)

test('whatever happens in whatever order, clients see what is there and are told once of every end', async () => {
  await fc.assert(
    fc.asyncProperty(fc.array(action, { maxLength: 120 }), async (actions) => {
      const { cluster, nodes } = await agmCluster(3, { rules: rulesWith(false, false) })
      let requests = 0
      const clients = Array.from({ length: PEERS }, (_, n) => {
        const application = n % 2 === 0 ? 'A' : 'B'
        const node = n % 3
        return new Client(
          nodes[node]!.addPeer({
            user: n === 5 ? 'ann' : 'john',
            identity: { application, node },
            verified: { application },
          }),
        )
      })
      const join = (client: Client, n: number): void => {
        if (client.joined) return
        client.joined = true
        client.peer.join('agm', n === 4 ? { restrictions: "$application == 'A'" } : {})
      }
      const leave = (client: Client): void => {
        if (!client.joined) return
        client.read()
        client.peer.leave('agm', { reason: 'bye' })
        expect(client.peer.take().map(({ type }) => type)).toEqual(['success'])
        client.joined = false
        client.forget()
      }
      clients.forEach(join)

      for (const step of actions) {
        const client = clients['peer' in step ? step.peer : 0]!
        const { peer } = client
        client.read()
        switch (step.type) {
          case 'register':
            peer.say({
              type: 'register',
              methods: [{ id: step.id, name: step.name, restrictions: step.restrictions }],
            })
            break
          case 'unregister':
            peer.say({ type: 'unregister', methods: [step.id] })
            if (peer.received.some(({ type }) => type === 'error')) break
            for (const [key, { method }] of client.interests) {
              if (method === step.id) client.interests.delete(key)
            }
            break
          case 'call':
          case 'subscribe': {
            requests += 1
            const server = clients[step.server]!.peer
            if (step.type === 'call') client.calls.add(requests)
            else client.asked.set(requests, server.id)
            peer.say({
              type: step.type,
              request_id: requests,
              server_id: server.id,
              method_id: step.id,
            })
            break
          }
          case 'yield':
          case 'fail': {
            const [invocation] = client.invocations
            if (invocation === undefined) break
            client.invocations.delete(invocation)
            peer.say(
              step.type === 'yield'
                ? { type: 'yield', invocation_id: invocation }
                : { type: 'error', request_id: invocation },
            )
            break
          }
          case 'accept':
          case 'reject': {
            const found = [...client.interests].find(([, { accepted }]) => !accepted)
            if (found === undefined) break
            const [key, interest] = found
            interest.accepted = true
            if (step.type === 'reject') client.interests.delete(key)
            peer.say(
              step.type === 'accept'
                ? { type: 'accepted', subscription_id: key, stream_id: 's' }
                : { type: 'error', request_id: key },
            )
            break
          }
          case 'push':
            peer.say({ type: 'publish', stream_id: 's', data: 1 })
            for (const key of client.interests.keys()) {
              peer.say({ type: 'post', subscription_id: key, data: 1 })
            }
            break
          case 'drop-subscription': {
            const found = [...client.interests].find(([, { accepted }]) => accepted)
            if (found === undefined) break
            client.interests.delete(found[0])
            peer.say({ type: 'drop-subscription', subscription_id: found[0] })
            break
          }
          case 'unsubscribe': {
            const [key] = client.active.keys()
            if (key === undefined) break
            client.active.delete(key)
            peer.say({ type: 'unsubscribe', subscription_id: key })
            break
          }
          case 'join':
            join(client, step.peer)
            break
          case 'leave':
            leave(client)
            break
          case 'settle':
            cluster.settle()
            break
          case 'cut':
            cluster.cut(`n${step.node + 1}`)
            break
          case 'heal':
            cluster.heal()
            break
          case 'step':
            cluster.step(`n${step.from + 1}`, `n${step.to + 1}`)
            break
          case 'reload':
            nodes[step.node]!.reload(rulesWith(step.flag, !step.flag && step.node === 0))
            break
        }
        for (const each of clients) each.read()
      }

      cluster.heal()
      cluster.settle()
      for (const each of clients) each.read()
      for (const each of clients) {
        if (each.joined) expect(each.known).toEqual(truth(nodes, clients, each))
      }
      // Interests and subscriptions are the two sides of one thing.
      expect(clients.flatMap(({ interests }) => [...interests.keys()]).length).toBe(
        clients.reduce((sum, { active, asked }) => sum + active.size + asked.size, 0),
      )
      expect(clients.reduce((sum, { calls }) => sum + calls.size, 0)).toBeLessThanOrEqual(
        clients.reduce((sum, { invocations }) => sum + invocations.size, 0),
      )

      // Servers leave one by one: nobody goes on waiting for them.
      clients.forEach((client, n) => {
        leave(client)
        cluster.settle()
        for (const each of clients) each.read()
        if (n % 2 === 0) return
        for (const { active, asked } of clients) {
          for (const server of [...active.values(), ...asked.values()]) {
            expect(server).not.toBe(client.peer.id)
          }
        }
      })
      for (const node of nodes) {
        expect(node.agm.describe()).toEqual([])
        expect(node.agm.stats()).toEqual({ methods: 0, subscriptions: 0, pendingCalls: 0 })
      }
    }),
    { numRuns: 300 },
  )
})

/** Whom a client sees and what it may use of them, by the words of the rules alone. */
function truth(
  nodes: readonly AgmNode[],
  clients: readonly Client[],
  { peer }: Client,
): Map<string, Map<unknown, string>> {
  const seen = new Map<string, Map<unknown, string>>()
  const nodeOf = (one: TestPeer): AgmNode => nodes[Number(one.identity.node)]!
  const visibility = (one: TestPeer) => nodeOf(one).engine.peers.membership(one, 'agm')?.visibility
  for (const { peer: other, joined } of clients) {
    if (!joined || other === peer || other.user !== peer.user) continue
    const sameNode = other.nodeId === peer.nodeId
    if (!sameNode && (visibility(peer) !== 'cluster' || visibility(other) !== 'cluster')) continue
    // The fifth wants to see those of application A only.
    const isFifth = (one: TestPeer): boolean => one === clients[4]!.peer
    if (isFifth(peer) && other.identity.application !== 'A') continue
    if (isFifth(other) && peer.identity.application !== 'A') continue
    const server = nodeOf(other)
      .agm.describe()
      .find(({ peerId }) => peerId === other.id)!
    const usable = server.methods.filter(
      ({ name, restrictions }) =>
        (sameNode || nodeOf(other).engine.visibility.decide({ kind: 'method', name }) === 'cluster') &&
        (restrictions === undefined ||
          (restrictions.includes('node')
            ? peer.identity.node === other.identity.node
            : peer.identity.application === 'A')),
    )
    seen.set(other.id, new Map(usable.map(({ id: method, name }) => [method, name])))
  }
  return seen
}
