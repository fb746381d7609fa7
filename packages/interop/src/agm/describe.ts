import type { Visibility } from '@portcullis/visibility'
import { isJsonObject } from '../protocol/parse.ts'
import type { Identity } from '../protocol/message.ts'
import type { MethodId } from './method-table.ts'
import type { Roster } from './roster.ts'

export interface DescribedMethod {
  id: MethodId
  name: string
  stream: boolean
  /** As sent with the registration; absent when there is none. */
  restrictions?: string
  /** Whether other nodes know of it. */
  visibility: Visibility
}

export interface DescribedServer {
  peerId: string
  nodeId: string
  local: boolean
  identity: Identity
  methods: DescribedMethod[]
}

/** Members and what they have registered, in the order they joined. */
export function describeServers(roster: Roster): DescribedServer[] {
  return [...roster.all()].map(({ peer, methods }) => ({
    peerId: peer.id,
    nodeId: peer.nodeId,
    local: peer.local,
    identity: peer.identity,
    methods: [...methods.values()].map(({ id, name, definition, restriction, announced }) => ({
      id,
      name,
      stream: isJsonObject(definition.flags) && definition.flags.streaming === true,
      ...(restriction === undefined ? {} : { restrictions: restriction.text }),
      visibility: announced ? ('cluster' as const) : ('local' as const),
    })),
  }))
}
