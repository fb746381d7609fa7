import type { Visibility } from '@portcullis/visibility'
import type { Method, MethodId } from '../agm/method-table.ts'
import type { Context } from '../context/context.ts'
import type { Membership, Peer } from '../peers/peer.ts'
import { isJsonObject } from '../protocol/parse.ts'
import type { DomainName } from '../protocol/message.ts'
import type { ContextDescription, Descriptions, MethodDescription, PeerDescription } from './descriptions.ts'
import { type DescriptionPage, type DescriptionPageRequest, pageOf } from './page.ts'

/** Where the descriptions come from. */
export interface Described {
  peers(): Iterable<Peer>
  membership(peer: Peer, domain: DomainName): Membership | undefined
  methodCount(peer: Peer): number
  methods(): Iterable<readonly [server: Peer, method: Method]>
  contexts(): Iterable<Context>
}

/** Describes one page of what a gateway knows of. */
export type Describe = <What extends keyof Descriptions>(
  what: What,
  request?: DescriptionPageRequest,
) => DescriptionPage<Descriptions[What]>

type Pages = {
  [What in keyof Descriptions]: (request: DescriptionPageRequest) => DescriptionPage<Descriptions[What]>
}

const DOMAINS: readonly DomainName[] = ['agm', 'bus', 'context', 'metrics']
const MAX_TEXT_LENGTH = 256

export function createDescribe(described: Described): Describe {
  const pages: Pages = {
    peers: (request) =>
      pageOf(
        described.peers(),
        (peer) => [cut(peer.user ?? ''), textOf(peer, 'application') ?? '', peer.id],
        (peer) => describePeer(peer, described),
        request,
      ),
    methods: (request) =>
      pageOf(
        described.methods(),
        // A number is not the string of its digits.
        ([server, { name, id }]) => [name, server.id, typeof id, String(id)],
        ([server, method]) => describeMethod(server, method),
        request,
      ),
    contexts: (request) =>
      pageOf(described.contexts(), ({ name, id }) => [name, id], describeContext, request),
  }
  return (what, request = {}) => {
    if (!Object.hasOwn(pages, what)) throw new TypeError('"what" must be peers, methods or contexts')
    if (typeof request !== 'object' || request === null) throw new TypeError('"request" must be an object')
    return pages[what](request)
  }
}

function describePeer(peer: Peer, { membership, methodCount }: Described): PeerDescription {
  const domains: { domain: DomainName; visibility: Visibility }[] = []
  for (const domain of DOMAINS) {
    const joined = membership(peer, domain)
    if (joined !== undefined) domains.push({ domain, visibility: joined.visibility })
  }
  return {
    id: peer.id,
    nodeId: peer.nodeId,
    local: peer.local,
    user: userOf(peer),
    application: textOf(peer, 'application'),
    instance: textOf(peer, 'instance'),
    service: peer.service,
    domains,
    methods: methodCount(peer),
  }
}

function describeMethod(server: Peer, method: Method): MethodDescription {
  const { id, name, definition, restriction, announced } = method
  return {
    id: describeId(id),
    name: cut(name),
    stream: isJsonObject(definition.flags) && definition.flags.streaming === true,
    restricted: restriction !== undefined,
    visibility: announced ? 'cluster' : 'local',
    peerId: server.id,
    nodeId: server.nodeId,
    user: userOf(server),
    application: textOf(server, 'application'),
  }
}

function describeContext(context: Context): ContextDescription {
  return {
    id: context.id,
    name: cut(context.name),
    user: context.user === undefined ? null : cut(context.user),
    lifetime: context.lifetime,
    visibility: context.visibility,
    hidden: context.hidden,
    creatorId: context.creatorId,
    nodeId: context.origin,
    bytes: context.weight,
    members: context.members.size,
  }
}

function userOf({ user }: Peer): string | null {
  return user === undefined ? null : cut(user)
}

/** A member of the identity, if it is text. Of the others nothing is told: clients put there what they like. */
function textOf({ identity }: Peer, member: 'application' | 'instance'): string | null {
  const value = identity[member]
  return typeof value === 'string' ? cut(value) : null
}

function describeId(id: MethodId): MethodId {
  return typeof id === 'string' ? cut(id) : id
}

function cut(text: string): string {
  return text.length > MAX_TEXT_LENGTH ? `${text.slice(0, MAX_TEXT_LENGTH - 1)}…` : text
}
