import type { ServerMessage } from '../protocol/message.ts'
import type { Context } from './context.ts'

/** Where a peer is told of contexts: in `global` until it has joined `context`. */
export type NoticeDomain = 'global' | 'context'

/** Why a context is gone. `domain` is the one of the reason URI. */
export interface Ending {
  readonly cause: 'destroyed' | 'peer-left'
  readonly domain: NoticeDomain
}

const REASONS = {
  destroyed: 'Context destroyed explicitly',
  'peer-left': 'Context destroyed because its owner/last peer left',
} as const

/** @param creatorId null for those that hear of it later */
export function contextAdded(
  domain: NoticeDomain,
  { id, name }: Context,
  creatorId: string | null,
): ServerMessage {
  return { domain, type: 'context-added', creator_id: creatorId, context_id: id, name }
}

export function contextCreated(domain: string, requestId: unknown, { id }: Context): ServerMessage {
  return { domain, type: 'context-created', request_id: requestId ?? null, context_id: id }
}

/** Goes with the data as a shared member. It has the name, which a client may not have heard yet. */
export function subscribedContext(domain: string, requestId: unknown, { id, name }: Context): ServerMessage {
  return { domain, type: 'subscribed-context', request_id: requestId ?? null, context_id: id, name }
}

/** Goes with the delta as a shared member. */
export function contextUpdated(
  domain: NoticeDomain,
  { id }: Context,
  updaterId: string | null,
): ServerMessage {
  return { domain, type: 'context-updated', updater_id: updaterId, context_id: id }
}

export function contextDestroyed(
  domain: NoticeDomain,
  { id }: Context,
  { cause, domain: reasonDomain }: Ending,
): ServerMessage {
  return {
    domain,
    type: 'context-destroyed',
    context_id: id,
    reason_uri: `${reasonDomain}.${cause}`,
    reason: REASONS[cause],
  }
}
