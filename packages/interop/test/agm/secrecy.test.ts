import fc from 'fast-check'
import { expect, test } from 'vitest'
import type { VisibilityRules } from '@portcullis/visibility'
import { agmCluster } from '../support/agm-node.ts'
import type { TestPeer } from '../support/test-engine.ts'

/** Names that say themselves what the rules make of them, under the rules that follow. */
const rulesWith = (flipped: boolean, withdrawn: boolean): VisibilityRules => ({
  methods: [
    { identity: { application: 'quiet' }, restrictions: 'local' },
    { method: '/open-.*/', restrictions: 'cluster' },
    { method: '/secret-.*/', restrictions: 'local' },
    { method: '/flip-.*/', restrictions: flipped ? 'cluster' : 'local' },
  ],
  peers: [
    { identity: { application: '/hidden-.*/' }, restrictions: 'local' },
    { identity: { application: 'quiet' }, restrictions: withdrawn ? 'local' : 'cluster' },
    { restrictions: 'cluster' },
  ],
  default: 'local',
})

const action = fc.oneof(
  fc.record({
    type: fc.constant('register' as const),
    peer: fc.nat(5),
    id: fc.nat(3),
    name: fc.constantFrom('open-a', 'open-b', 'secret-a', 'secret-b', 'flip-a', 'other-secret-c'),
  }),
  fc.record({ type: fc.constant('unregister' as const), peer: fc.nat(5), id: fc.nat(3) }),
  fc.record({
    type: fc.constantFrom('call' as const, 'subscribe' as const),
    peer: fc.nat(5),
    server: fc.nat(5),
    id: fc.nat(3),
  }),
  fc.record({
    type: fc.constantFrom('answer' as const, 'push' as const, 'rejoin' as const),
    peer: fc.nat(5),
  }),
  fc.record({
    type: fc.constantFrom('settle' as const, 'cut' as const, 'flip' as const, 'withdraw' as const),
  }),
)

test('nothing of a local method or a local peer is ever told to another node', async () => {
  await fc.assert(
    fc.asyncProperty(fc.array(action, { maxLength: 60 }), fc.nat(), async (actions, seed) => {
      let flipped = false
      let withdrawn = false
      const { cluster, nodes } = await agmCluster(2, { rules: rulesWith(false, false) })
      const peers: TestPeer[] = []
      for (let n = 0; n < 6; n += 1) {
        // One of three stays on its node; its identity and methods say so, and name it.
        const application = n % 3 === 2 ? `hidden-${n}` : n % 3 === 1 ? 'quiet' : 'app'
        peers.push(nodes[n % 2]!.member({ identity: { application }, verified: { application } }))
      }
      const held = new Map<TestPeer, string[]>()
      const streams = new Map<TestPeer, string[]>()
      const collect = (): void => {
        for (const peer of peers) {
          for (const { type, invocation_id, subscription_id } of peer.take()) {
            if (type === 'invoke') held.set(peer, [...(held.get(peer) ?? []), String(invocation_id)])
            if (type === 'add-interest') {
              streams.set(peer, [...(streams.get(peer) ?? []), String(subscription_id)])
            }
          }
        }
      }
      let order = seed
      const settle = (): void => {
        cluster.settle((count) => {
          order = (order * 1_103_515_245 + 12_345) % 2_147_483_648
          return order % count
        })
        collect()
      }
      for (const step of actions) {
        const before = cluster.sent.length
        const peer = 'peer' in step ? peers[step.peer]! : peers[0]!
        switch (step.type) {
          case 'register': {
            const isPublic = peer.identity.application === 'app'
            const description = !isPublic
              ? 'TOP-SECRET'
              : step.name.startsWith('open')
                ? 'public'
                : step.name.startsWith('flip')
                  ? 'FLIP'
                  : 'TOP-SECRET'
            peer.say({
              type: 'register',
              methods: [{ id: step.id, name: step.name, description }],
            })
            break
          }
          case 'unregister':
            peer.say({ type: 'unregister', methods: [step.id] })
            break
          case 'call':
          case 'subscribe': {
            const server = peers[step.server]!
            const hidden = [peer, server].some((one) => String(one.identity.application).startsWith('hidden'))
            peer.say({
              type: step.type,
              request_id: step.id,
              server_id: server.id,
              method_id: step.id,
              arguments_kv: { text: hidden ? 'TOP-SECRET' : 'public' },
            })
            break
          }
          case 'answer':
            collect()
            for (const invocation_id of held.get(peer) ?? []) peer.say({ type: 'yield', invocation_id })
            for (const subscription_id of streams.get(peer) ?? []) {
              peer.say({ type: 'accepted', subscription_id, stream_id: 's' })
            }
            break
          case 'push': {
            const hidden = String(peer.identity.application).startsWith('hidden')
            peer.say({ type: 'publish', stream_id: 's', data: hidden ? 'TOP-SECRET' : 'public' })
            break
          }
          case 'rejoin':
            peer.leave('agm')
            peer.join('agm')
            break
          case 'settle':
            settle()
            break
          case 'cut':
            cluster.cut()
            cluster.heal()
            break
          case 'flip':
          case 'withdraw':
            if (step.type === 'flip') flipped = !flipped
            else withdrawn = !withdrawn
            for (const node of nodes) node.reload(rulesWith(flipped, withdrawn))
            break
        }
        if (flipped) continue
        for (const { json } of cluster.sent.slice(before)) expect(json).not.toContain('FLIP')
      }
      settle()
      for (const { json } of cluster.sent) {
        expect(json).not.toMatch(/TOP-SECRET|hidden-|secret-a|secret-b|other-secret/u)
        for (const peer of peers) {
          if (!String(peer.identity.application).startsWith('hidden')) continue
          expect(json).not.toContain(`"${peer.id}"`)
        }
      }
      // What each node knows of the other is what the other announces, no more and no less.
      for (const [one, other] of [
        [nodes[0]!, nodes[1]!],
        [nodes[1]!, nodes[0]!],
      ] as const) {
        const announced = one.agm
          .describe()
          .filter(({ peerId, local }) => {
            const peer = one.engine.peers.get(peerId)!
            return local && one.engine.peers.membership(peer, 'agm')?.visibility === 'cluster'
          })
          .flatMap(({ peerId, methods }) => [
            peerId,
            ...methods
              .filter(({ visibility }) => visibility === 'cluster')
              .map(({ id, name }) => `${peerId} ${id} ${name}`),
          ])
        const known = other.agm
          .describe()
          .filter(({ local }) => !local)
          .flatMap(({ peerId, methods }) => [
            peerId,
            ...methods.map(({ id, name }) => `${peerId} ${id} ${name}`),
          ])
        expect(new Set(known)).toEqual(new Set(announced))
      }
    }),
    { numRuns: 150 },
  )
})
