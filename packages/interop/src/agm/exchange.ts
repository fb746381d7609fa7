import type { Channel } from '../cluster/cluster.ts'
import type { Engine } from '../engine/engine.ts'
import { InteropError } from '../errors.ts'
import type { JsonObject } from '../protocol/message.ts'
import { isJsonObject } from '../protocol/parse.ts'
import type { Member } from './member.ts'
import type { Method, MethodId } from './method-table.ts'
import type { MethodNews, Methods } from './methods.ts'
import { isMethodId, parseMethod, restrictionCompiler } from './parse-methods.ts'
import type { Roster } from './roster.ts'

interface ServerMethods {
  server: string
  methods: readonly JsonObject[]
}

type News =
  | ({ kind: 'added' } & ServerMethods)
  | { kind: 'removed'; server: string; methods: readonly MethodId[] }

/**
 * Tells other nodes of the methods that the rules mark `cluster`, and the domain of theirs. Peers themselves are announced
 * before; what comes for a peer that is not there, or not of the sender's node, is ignored.
 */
export function openExchange(engine: Engine, roster: Roster, methods: () => Methods): MethodNews {
  const { cluster, limits, logger, peers } = engine

  function senderOf(nodeId: string, id: unknown): Member | undefined {
    const peer = typeof id === 'string' ? peers.member('agm', id) : undefined
    if (peer === undefined || peer.local || peer.nodeId !== nodeId) return undefined
    return roster.find(peer)
  }

  function ingest(nodeId: string, value: unknown): void {
    if (!isJsonObject(value) || !Array.isArray(value.methods)) return
    const server = senderOf(nodeId, value.server)
    if (server === undefined) return
    const parsed = new Map<MethodId, Method>()
    let { size } = server.methods
    const compile = restrictionCompiler(server.methods)
    for (const definition of value.methods) {
      try {
        const method = parseMethod(definition, limits, compile)
        if (!parsed.has(method.id) && server.methods.get(method.id) === undefined) size += 1
        if (size > limits.maxMethodsPerPeer) break
        method.announced = true
        parsed.set(method.id, method)
      } catch (error) {
        if (!InteropError.is(error)) throw error
        logger.warn({ nodeId, code: error.code }, 'a method of another node was ignored')
      }
    }
    if (parsed.size > 0) methods().announced(server, [...parsed.values()])
  }

  const channel: Channel = cluster.open('agm', {
    snapshot() {
      const known: ServerMethods[] = []
      for (const { peer, methods: table } of roster.all()) {
        if (!peer.local) continue
        const announced = [...table.values()].filter((method) => method.announced)
        if (announced.length === 0) continue
        known.push({ server: peer.id, methods: announced.map(({ definition }) => definition) })
      }
      return known
    },
    nodeUp({ id }, snapshot) {
      if (Array.isArray(snapshot)) for (const entry of snapshot) ingest(id, entry)
    },
    message(nodeId, message) {
      if (!isJsonObject(message)) return
      if (message.kind === 'added') ingest(nodeId, message)
      if (message.kind !== 'removed' || !Array.isArray(message.methods)) return
      const server = senderOf(nodeId, message.server)
      if (server !== undefined) methods().withdrawn(server, message.methods.filter(isMethodId))
    },
  })

  const tell = (news: News): void => channel.broadcast(news)
  return {
    added: ({ peer }, definitions) => tell({ kind: 'added', server: peer.id, methods: definitions }),
    removed: ({ peer }, ids) => tell({ kind: 'removed', server: peer.id, methods: ids }),
  }
}
