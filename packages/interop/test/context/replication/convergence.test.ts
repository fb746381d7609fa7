import type { VisibilityRules } from '@portcullis/visibility'
import fc from 'fast-check'
import { expect, test } from 'vitest'
import { clientApply } from '../support/client-apply.ts'
import { addNode, contextNodes, type ContextNode, view } from '../support/context-nodes.ts'
import { modelClient, type ModelClient } from '../support/model-client.ts'

const USERS = ['john', 'eve']
const rulesWith = (flip: 'local' | 'cluster'): VisibilityRules => ({
  contexts: [
    { context: '/local.*/', restrictions: 'local' },
    { context: '/flip.*/', restrictions: flip },
    { restrictions: 'cluster' },
  ],
})

const small = fc.nat({ max: 7 })
const name = fc.constantFrom('one', 'two', 'three', 'local-one', 'flip-one')
const lifetime = fc.constantFrom('retained', 'retained', 'ref-counted', 'ownership')
const path = fc.constantFrom('a', 'a.b', 'a.b.c', 'b.0', 'b.1', 'c')
const value = fc.constantFrom<unknown>(1, 'x', null, [], [{}], { b: {} }, { b: { c: 2 } })
const delta = fc.oneof(
  fc.record({ added: fc.dictionary(fc.constantFrom('a', 'b', 'c'), value, { noNullPrototype: true }) }),
  fc.record({ updated: fc.dictionary(fc.constantFrom('a', 'b'), value, { noNullPrototype: true }) }),
  fc.record({ removed: fc.array(fc.constantFrom('a', 'b', 'c')) }),
  fc.record({ reset: fc.dictionary(fc.constantFrom('a', 'b'), value, { noNullPrototype: true }) }),
  fc.record({
    commands: fc.array(
      fc.oneof(
        fc.record({ type: fc.constant('set'), path, value }),
        fc.record({ type: fc.constant('remove'), path }),
      ),
      { maxLength: 3 },
    ),
  }),
)
const step = fc.oneof(
  { weight: 4, arbitrary: fc.record({ do: fc.constant('create' as const), who: small, name, lifetime }) },
  { weight: 4, arbitrary: fc.record({ do: fc.constant('subscribe' as const), who: small, which: small }) },
  { weight: 1, arbitrary: fc.record({ do: fc.constant('unsubscribe' as const), who: small, which: small }) },
  {
    weight: 12,
    arbitrary: fc.record({ do: fc.constant('update' as const), who: small, which: small, delta }),
  },
  { weight: 1, arbitrary: fc.record({ do: fc.constant('destroy' as const), who: small, which: small }) },
  { weight: 1, arbitrary: fc.record({ do: fc.constant('drop' as const), who: small }) },
  { weight: 1, arbitrary: fc.record({ do: fc.constant('kill' as const), node: small }) },
  { weight: 1, arbitrary: fc.record({ do: fc.constant('start' as const) }) },
  { weight: 2, arbitrary: fc.record({ do: fc.constant('cut' as const), one: small, other: small }) },
  { weight: 2, arbitrary: fc.record({ do: fc.constant('heal' as const), one: small, other: small }) },
  {
    weight: 1,
    arbitrary: fc.record({
      do: fc.constant('flip' as const),
      node: small,
      to: fc.constantFrom('local' as const, 'cluster' as const),
    }),
  },
  { weight: 12, arbitrary: fc.record({ do: fc.constant('pass' as const), one: small, other: small }) },
  { weight: 2, arbitrary: fc.record({ do: fc.constant('settle' as const), seed: small }) },
)

test('whatever happens, all nodes end up with the same, every client has what a late joiner is given, and nothing local ever crossed', async () => {
  const apply = clientApply()
  await fc.assert(
    fc.asyncProperty(fc.array(step, { maxLength: 80, size: 'max' }), async (steps) => {
      const rules = rulesWith('cluster')
      const { cluster, nodes } = await contextNodes(3, { rules })
      let clients: { node: ContextNode; client: ModelClient }[] = []
      const arrive = (node: ContextNode): void => {
        for (const user of USERS) {
          clients.push({ node, client: modelClient(node.addPeer({ user }), apply) })
        }
      }
      nodes.forEach(arrive)
      let count = 0
      const at = <T>(list: readonly T[], index: number): T => list[index % list.length] as T

      for (const one of steps) {
        for (const { client } of clients) client.read()
        const chosen = 'who' in one ? at(clients, one.who) : undefined
        const ids = [...(chosen?.client.known.keys() ?? [])]
        const id = 'which' in one && ids.length > 0 ? at(ids, one.which) : undefined
        count += 1
        switch (one.do) {
          case 'create': {
            const secret = one.name.startsWith('local')
            chosen?.client.create(one.name, one.lifetime, secret ? { 'local-data': count } : { from: count })
            break
          }
          case 'subscribe':
          case 'unsubscribe':
          case 'destroy':
            if (id !== undefined) chosen?.client[one.do](id)
            break
          case 'update': {
            const secret = chosen?.client.known.get(id ?? '')?.startsWith('local') === true
            const tag = `${secret ? 'local-' : ''}${count}`
            if (id !== undefined) chosen?.client.update(id, { ...one.delta, tag })
            break
          }
          case 'drop':
            if (chosen === undefined || clients.length < 3) break
            chosen.client.peer.drop()
            clients = clients.filter((other) => other !== chosen)
            break
          case 'kill': {
            if (nodes.length < 2) break
            const node = at(nodes, one.node)
            cluster.kill(node.engine.nodeId)
            nodes.splice(nodes.indexOf(node), 1)
            clients = clients.filter((other) => other.node !== node)
            break
          }
          case 'start': {
            if (nodes.length > 3) break
            const node = await addNode(cluster, `n${count}`, { rules })
            nodes.push(node)
            arrive(node)
            break
          }
          case 'cut':
          case 'heal': {
            const [left, right] = [at(nodes, one.one), at(nodes, one.other)]
            if (left !== right) cluster[one.do](left.engine.nodeId, right.engine.nodeId)
            break
          }
          case 'flip':
            at(nodes, one.node).reload(rulesWith(one.to))
            break
          case 'pass':
            cluster.step(at(nodes, one.one).engine.nodeId, at(nodes, one.other).engine.nodeId)
            break
          case 'settle':
            cluster.settle((waiting) => one.seed % waiting)
            break
        }
        if (clients.length === 0) nodes.forEach(arrive)
      }

      cluster.heal()
      cluster.settle()
      for (const node of nodes) node.reload(rules)
      cluster.settle()
      const shared = (node: ContextNode, user: string): unknown =>
        Object.fromEntries(Object.entries(view(node, user)).filter(([key]) => !key.startsWith('local')))
      for (const user of USERS) {
        const [first, ...others] = nodes.map((node) => shared(node, user))
        for (const other of others) expect(other).toEqual(first)
      }
      for (const { node, client } of clients) {
        client.read()
        expect(client.unanswered).toBe(0)
        const seen = view(node, client.peer.identity.user as string)
        // As text has it: the client's lists have holes where text has null.
        for (const { name: known, data } of client.copies.values()) {
          expect(JSON.parse(JSON.stringify(data))).toEqual(seen[known])
        }
        expect([...client.known.values()].toSorted()).toEqual(Object.keys(seen).toSorted())
      }
      const counts = nodes.map(
        ({ domain }) => [...domain.all()].filter(({ name: known }) => !known.startsWith('local')).length,
      )
      expect(new Set(counts).size).toBe(1)
      expect(cluster.sent.filter(({ json }) => json.includes('local-'))).toEqual([])
    }),
    { numRuns: 500 },
  )
})
