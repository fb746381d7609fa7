import type { VisibilityRules } from '@portcullis/visibility'
import { createEmbeddedTransport, EmbeddedBroker } from '@portcullis/transport/embedded'
import fc from 'fast-check'
import { expect, test } from 'vitest'
import { createGateway, type InteropGateway } from '../../src/index.ts'
import { TestClient, withPassword } from '../support/gateway-peer.ts'
import { tapped } from '../support/cluster-node.ts'

const KINDS = ['k1', 'k2', 'k3'] as const
const kind = fc.constantFrom(...KINDS)
const verdict = fc.constantFrom('local' as const, 'cluster' as const, 'cluster' as const)
const identity = fc.record({ kind })
const rules: fc.Arbitrary<VisibilityRules> = fc.record({
  default: verdict,
  contexts: fc.array(
    fc.record({ context: fc.constantFrom('/context-1.*/', '/context-.*/'), identity, restrictions: verdict }),
    {
      maxLength: 3,
    },
  ),
  methods: fc.array(
    fc.record({ method: fc.constantFrom('/method-1.*/', '/method-.*/'), identity, restrictions: verdict }),
    {
      maxLength: 3,
    },
  ),
  peers: fc.array(
    fc.record({
      domain: fc.constantFrom('interop' as const, 'bus' as const),
      identity,
      restrictions: verdict,
    }),
    { maxLength: 4 },
  ),
})
const who = fc.nat(7)
const step = fc.oneof(
  fc.record({ do: fc.constant('login' as const), node: fc.nat(3), kind }),
  fc.record({ do: fc.constant('create' as const), who }),
  fc.record({ do: fc.constant('update' as const), who, which: fc.nat(5) }),
  fc.record({ do: fc.constant('register' as const), who }),
  fc.record({ do: fc.constant('call' as const), who, which: fc.nat(5) }),
  fc.record({ do: fc.constant('subscribe' as const), who, which: fc.nat(5) }),
  fc.record({ do: fc.constant('listen' as const), who }),
  fc.record({ do: fc.constant('publish' as const), who }),
  fc.record({ do: fc.constant('measure' as const), who }),
  fc.record({ do: fc.constant('quit' as const), who }),
  fc.record({ do: fc.constant('reload' as const), node: fc.nat(3), rules }),
  fc.record({ do: fc.constant('start' as const), rules }),
)

interface Node {
  readonly gateway: InteropGateway
  /** All that it published. */
  published: string
}

interface Member {
  readonly node: Node
  readonly client: TestClient
  readonly id: string
  readonly kind: string
}

const NOBODY = (): boolean => false

/** Gateways of one cluster, with everything they publish. */
class World implements AsyncDisposable {
  readonly nodes: Node[] = []
  readonly members: Member[] = []
  readonly methods: { name: string; server: Member }[] = []
  readonly contexts: { name: string; creator: Member }[] = []
  /** Every secret word, with whether it may cross as things stand, and whether it might have at any time. */
  readonly #words = new Map<string, { mayCross: () => boolean; allowed: boolean }>()
  readonly #broker = new EmbeddedBroker()
  #count = 0

  async start(initial: VisibilityRules): Promise<void> {
    const { transport, tap } = tapped(createEmbeddedTransport({ broker: this.#broker }))
    await transport.start()
    const gateway = createGateway({
      ...withPassword,
      authentication: { ...withPassword.authentication, trustClientIdentity: ['kind'] },
      cluster: { transport },
    })
    const node: Node = { gateway, published: '' }
    tap.onPublish = (_subject, payload) => {
      node.published += Buffer.from(payload).toString('latin1')
      return [payload]
    }
    gateway.visibility.reload(initial)
    await gateway.start()
    this.nodes.push(node)
  }

  word(sort: string, mayCross: () => boolean): string {
    this.#count += 1
    const word = `${sort}-${this.#count}.`
    this.#words.set(word, { mayCross, allowed: mayCross() })
    return word
  }

  note(): void {
    for (const word of this.#words.values()) word.allowed ||= word.mayCross()
  }

  isOut({ node, kind: is }: Member, domain: 'interop' | 'bus'): boolean {
    return node.gateway.visibility.decide({ kind: 'peer', domain, identity: { kind: is } }) === 'cluster'
  }

  isMethodOut({ name, server }: { name: string; server: Member }): boolean {
    const subject = { kind: 'method' as const, name, identity: { kind: server.kind } }
    return this.isOut(server, 'interop') && server.node.gateway.visibility.decide(subject) === 'cluster'
  }

  isContextOut({ name, creator }: { name: string; creator: Member }): boolean {
    const subject = { kind: 'context' as const, name, identity: { kind: creator.kind } }
    return creator.node.gateway.visibility.decide(subject) === 'cluster'
  }

  /** Until all that was sent has arrived. */
  async settle(): Promise<void> {
    // oxlint-disable-next-line no-await-in-loop -- turns of the event loop
    for (let turn = 0; turn < 12; turn += 1) await new Promise((resolve) => setImmediate(resolve))
  }

  /** What crossed and must not have. */
  leaks(): string[] {
    const published = this.nodes.map((node) => node.published).join('\n')
    return [...this.#words]
      .filter(([word, { allowed }]) => !allowed && published.includes(word))
      .map(([word]) => word)
  }

  /** The sorts of words that crossed. */
  crossed(): string[] {
    const published = this.nodes.map((node) => node.published).join('\n')
    return [...this.#words.keys()]
      .filter((word) => published.includes(word))
      .map((word) => word.split('-')[0]!)
  }

  async [Symbol.asyncDispose](): Promise<void> {
    await Promise.all(this.nodes.map(({ gateway }) => gateway.close()))
  }
}

/** Somebody to begin with, on both nodes. */
const BEGINNING: readonly Step[] = [
  ...[0, 1, 0, 1].map((node, at) => ({ do: 'login' as const, node, kind: KINDS[at >> 1]! })),
  ...[0, 1, 0, 1].map((at) => ({ do: 'register' as const, who: at })),
  ...[1, 0, 3, 2].map((at) => ({ do: 'call' as const, who: at, which: at ^ 1 })),
]

type Step = typeof step extends fc.Arbitrary<infer T> ? T : never

async function take(world: World, next: Step): Promise<void> {
  const { nodes, members, methods, contexts } = world
  if (next.do === 'start') {
    if (nodes.length < 4) await world.start(next.rules)
    return
  }
  if (next.do === 'reload') {
    nodes[next.node % nodes.length]!.gateway.visibility.reload(next.rules)
    return
  }
  if (next.do === 'login') {
    const node = nodes[next.node % nodes.length]!
    const client = new TestClient(node.gateway)
    const member = { node, client, id: '', kind: next.kind }
    const name = world.word('who', () => world.isOut(member, 'interop') || world.isOut(member, 'bus'))
    const id = await client.login('john', { application: name, kind: next.kind })
    for (const destination of ['agm', 'bus', 'metrics']) {
      await client.request({
        type: 'join',
        peer_id: id,
        destination,
        options: { system: 'system', service: 'service', instance: 'instance' },
      })
    }
    members.push({ ...member, id })
    return
  }
  const member = members[next.who % members.length]
  if (member === undefined) return
  const { client, id } = member
  const say = (domain: string, type: string, message: object): void =>
    client.send({ domain, type, peer_id: id, request_id: type, ...message })
  const idOf = (name: string): unknown =>
    client.received.find((one) => one.type === 'context-added' && one.name === name)?.context_id
  switch (next.do) {
    case 'create': {
      const context = { name: '', creator: member }
      context.name = world.word('context', () => context.name !== '' && world.isContextOut(context))
      world.note()
      contexts.push(context)
      const text = world.word('data', () => world.isContextOut(context))
      say('global', 'create-context', { name: context.name, lifetime: 'retained', data: { text } })
      break
    }
    case 'update': {
      const context = contexts[next.which % contexts.length]
      if (context === undefined) break
      const text = world.word('data', () => world.isContextOut(context))
      say('global', 'update-context', { context_id: idOf(context.name), delta: { added: { [text]: text } } })
      break
    }
    case 'register': {
      const method = { name: '', server: member }
      const word = world.word('method', () => method.name !== '' && world.isMethodOut(method))
      method.name = word
      methods.push(method)
      const streaming = methods.length % 2 === 0
      say('agm', 'register', { methods: [{ id: word, name: word, flags: { streaming } }] })
      break
    }
    case 'call':
    case 'subscribe': {
      const method = methods[next.which % methods.length]
      if (method === undefined) break
      const out =
        method.server.node !== member.node && world.isMethodOut(method) && world.isOut(member, 'interop')
      const text = world.word('argument', () => out)
      say('agm', next.do, {
        server_id: method.server.id,
        method_id: method.name,
        arguments_kv: { text },
        context: { text },
      })
      break
    }
    case 'listen': {
      const topic = world.word('topic', () => world.isOut(member, 'bus'))
      say('bus', 'subscribe', { topic })
      say('bus', 'subscribe', { topic: '>' })
      break
    }
    case 'publish': {
      const out = world.isOut(member, 'bus')
      say('bus', 'publish', { topic: world.word('topic', () => out), data: world.word('data', () => out) })
      break
    }
    case 'measure': {
      const name = world.word('metric', NOBODY)
      say('metrics', 'define', { metrics: [{ name, type: 'string', description: name, context: {} }] })
      say('metrics', 'publish', { values: [{ name, value: name, timestamp: 1 }] })
      break
    }
    case 'quit':
      members.splice(members.indexOf(member), 1)
      client.close()
      break
  }
}

test('nothing local is in anything that a gateway publishes, whatever the rules, the nodes and the clients', async () => {
  const crossed = new Set<string>()
  await fc.assert(
    fc.asyncProperty(
      rules,
      rules,
      fc.array(step, { minLength: 10, maxLength: 60 }),
      async (one, other, steps) => {
        await using world = new World()
        await world.start(one)
        await world.start(other)
        for (const next of [...BEGINNING, ...steps]) {
          await take(world, next)
          world.note()
          await world.settle()
        }
        await world.settle()
        expect(world.leaks()).toEqual([])
        for (const sort of world.crossed()) crossed.add(sort)
      },
    ),
    // Each run starts gateways: smaller examples are not worth the wait.
    { numRuns: 25, endOnFailure: true },
  )
  // Otherwise it would have shown nothing.
  expect([...crossed].toSorted()).toEqual(['argument', 'context', 'data', 'method', 'topic', 'who'])
}, 60_000)
