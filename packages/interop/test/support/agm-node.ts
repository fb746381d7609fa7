import type { VisibilityRules } from '@portcullis/visibility'
import { type AgmDomain, createAgmDomain } from '../../src/agm/agm-domain.ts'
import type { ServerMessage } from '../../src/protocol/message.ts'
import { memoryCluster, type MemoryCluster } from './memory-cluster.ts'
import {
  createTestEngine,
  type JoinOptions,
  type TestEngine,
  type TestEngineOptions,
  type TestPeer,
  type TestPeerOptions,
} from './test-engine.ts'

export interface AgmNode extends TestEngine {
  readonly agm: AgmDomain
  /** A peer that has joined agm, with nothing received yet. */
  member(options?: TestPeerOptions, joining?: JoinOptions): TestPeer
}

export function agmNode(options: TestEngineOptions = {}): AgmNode {
  const node = createTestEngine(options)
  const agm = node.use(createAgmDomain(node.engine))
  return {
    ...node,
    agm,
    member(given, joining) {
      const peer = node.addPeer(given)
      peer.join('agm', joining)
      peer.take()
      return peer
    },
  }
}

export const EVERYTHING: VisibilityRules = { default: 'cluster' }

/** Nodes of one cluster, all up. */
export async function agmCluster(
  count: number,
  options: TestEngineOptions = { rules: EVERYTHING },
): Promise<{ cluster: MemoryCluster; nodes: AgmNode[] }> {
  const cluster = memoryCluster()
  const nodes: AgmNode[] = []
  for (let n = 1; n <= count; n += 1) {
    const link = cluster.node(`n${n}`)
    nodes.push(agmNode({ ...options, cluster: link }))
    // oxlint-disable-next-line no-await-in-loop -- one after the other
    await link.start()
  }
  cluster.settle()
  return { cluster, nodes }
}

/** Messages without the members that every one has. */
export function bare(messages: readonly ServerMessage[]): Record<string, unknown>[] {
  return messages.map(({ domain: _domain, peer_id: _peer, ...rest }) => rest)
}

/** Types in the order they came. */
export function types(messages: readonly ServerMessage[]): string[] {
  return messages.map(({ type }) => type)
}

/** The only message there is. */
export function only(messages: readonly ServerMessage[]): ServerMessage {
  const [message, ...more] = messages
  if (message === undefined || more.length > 0) {
    throw new Error(`one message was expected, not ${JSON.stringify(messages)}`)
  }
  return message
}

/** Registers methods by name; ids are `0`, `1`, … A name that ends in `$` is a stream's. */
export function register(peer: TestPeer, ...names: string[]): void {
  peer.say({
    type: 'register',
    request_id: 'register',
    methods: names.map((name, index) => ({
      id: String(index),
      name,
      ...(name.endsWith('$') ? { flags: { streaming: true } } : {}),
    })),
  })
  peer.take()
}

interface SubscribedOptions {
  method?: string
  branch?: string
  /** Lets the cluster deliver. */
  settle?: () => void
}

interface CalledOptions {
  method?: string
  request?: string
  settle?: () => void
}

/** A subscription that the server has put on a branch. Both have taken their messages. */
export function subscribed(
  subscriber: TestPeer,
  server: TestPeer,
  { method = '0', branch = 'b', settle = () => {} }: SubscribedOptions = {},
): string {
  subscriber.say({ type: 'subscribe', request_id: 's', server_id: server.id, method_id: method })
  settle()
  const id = server.take('add-interest')[0]!.subscription_id as string
  server.say({ type: 'accepted', subscription_id: id, stream_id: branch })
  settle()
  if (subscriber.take('subscribed').length !== 1) throw new Error('not subscribed')
  return id
}

/** A call that the server has been handed. Returns the invocation id. */
export function called(
  caller: TestPeer,
  server: TestPeer,
  { method = '0', request = 'c', settle = () => {} }: CalledOptions = {},
): string {
  caller.say({
    type: 'call',
    request_id: request,
    server_id: server.id,
    method_id: method,
    arguments_kv: {},
  })
  settle()
  return server.take('invoke')[0]!.invocation_id as string
}

export function refusalOf(requestId: unknown, uri: string, reason: string): object {
  return { type: 'error', request_id: requestId, reason_uri: `agm.errors.${uri}`, reason }
}
