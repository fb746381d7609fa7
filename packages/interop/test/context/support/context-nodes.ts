import type { VisibilityRules } from '@portcullis/visibility'
import { createContextDomain, type ContextDomain } from '../../../src/context/context-domain.ts'
import type { ServerMessage } from '../../../src/protocol/message.ts'
import { type MemoryCluster, memoryCluster } from '../../support/memory-cluster.ts'
import {
  createTestEngine,
  type TestEngine,
  type TestEngineOptions,
  type TestPeer,
} from '../../support/test-engine.ts'

export interface ContextNode extends TestEngine {
  readonly domain: ContextDomain
}

export const ALL_CLUSTER: VisibilityRules = { contexts: [{ restrictions: 'cluster' }] }

/** Nodes `a`, `b`, … of one cluster, `a` being the oldest, that have met. */
export async function contextNodes(
  count: number,
  options: TestEngineOptions = {},
): Promise<{ cluster: MemoryCluster; nodes: ContextNode[] }> {
  const cluster = memoryCluster()
  const nodes: ContextNode[] = []
  for (let index = 0; index < count; index += 1) {
    nodes.push(await addNode(cluster, 'abcdefgh'[index] ?? '', options))
  }
  cluster.settle()
  return { cluster, nodes }
}

export async function addNode(
  cluster: MemoryCluster,
  id: string,
  options: TestEngineOptions = {},
): Promise<ContextNode> {
  const member = cluster.node(id)
  const engine = createTestEngine({ rules: ALL_CLUSTER, ...options, nodeId: id, cluster: member })
  const domain = engine.use(createContextDomain(engine.engine))
  await member.start()
  return { ...engine, domain }
}

/** Sends a request; the answer comes when the cluster has settled. */
export function request(peer: TestPeer, type: string, message: object = {}): void {
  peer.say({ domain: 'global', type: `${type}-context`, request_id: type, ...message })
}

export function create(peer: TestPeer, name: string, message: object = {}): void {
  request(peer, 'create', { name, lifetime: 'retained', ...message })
}

/** What the peers of one user see on a node, by name: data as a peer that comes now is given. */
export function view(node: ContextNode, user = 'john'): Record<string, unknown> {
  const peer = node.addPeer({ user })
  const seen: Record<string, unknown> = {}
  for (const { context_id: id, name } of peer.take('context-added')) {
    request(peer, 'subscribe', { context_id: id })
    const answer: ServerMessage | undefined = peer.take('subscribed-context').at(-1)
    seen[name as string] = answer?.data
  }
  peer.drop()
  return seen
}
