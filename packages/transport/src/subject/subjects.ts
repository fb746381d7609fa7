import type { DeadLetterScope } from '../dead-letters.ts'
import { TransportError } from '../errors.ts'
import type { Scope } from '../scope.ts'
import { assertLiteralToken, encodeToken } from './token.ts'

/** Longest subject that is published, bytes (subjects are ASCII). NATS drops the connection past 4096. */
export const MAX_SUBJECT_BYTES = 255

// Printable ASCII without the wildcards; the dots are gone by then.
const EVENT_TOKEN = /^[!-~]+$/
const WILDCARD = /[*>]/

/** `inbound.{ws}.{proj}.{actor}.{actorId}`: what a client sends (docs/protocol.md). */
export function inboundSubject(scope: Scope, actor: string, actorId: string): string {
  return checked(`inbound.${scopeTokens(scope)}.${encodeToken(actor)}.${encodeToken(actorId)}`)
}

/** `inbound.{ws}.{proj}.{actor}.>`: everything for one actor type. */
export function inboundFilter(scope: Scope, actor: string): string {
  return checked(`inbound.${scopeTokens(scope)}.${encodeToken(actor)}.>`)
}

/** `outbound.{ws}.{proj}.{sessionId}`; a session id is one or two tokens. */
export function outboundSubject(scope: Scope, sessionId: string): string {
  const tokens = sessionId.split('.')
  if (tokens.length > 2) {
    throw new TransportError('ERR_TRANSPORT_SUBJECT_INVALID', 'a session id has at most two tokens')
  }
  for (const token of tokens) assertLiteralToken(token, 'a session id token')
  return checked(`outbound.${scopeTokens(scope)}.${sessionId}`)
}

/** `outbound.*.*.{gatewayId}.*`: all sessions of one gateway, as one string filter (servers before 2.10). */
export function gatewayOutboundFilter(gatewayId: string): string {
  return `outbound.*.*.${assertLiteralToken(gatewayId, 'a gateway id')}.*`
}

/** `dlq.{ws}.{proj}.{actor}`: what a worker gave up on. */
export function deadLetterSubject(scope: Scope, actor: string): string {
  return checked(`dlq.${scopeTokens(scope)}.${encodeToken(actor)}`)
}

/** `dlq.>`, `dlq.{ws}.>` or `dlq.{ws}.{proj}.>`: the dead letters of everybody, a workspace or a project. */
export function deadLetterFilter(scope: DeadLetterScope | undefined): string {
  if (scope === undefined) return 'dlq.>'
  const workspace = assertLiteralToken(scope.workspaceId, 'a workspace id')
  if (scope.projectId === undefined) return `dlq.${workspace}.>`
  return `dlq.${workspace}.${assertLiteralToken(scope.projectId, 'a project id')}.>`
}

/** `session.connected.{ws}.{proj}` and `session.disconnected.{ws}.{proj}` (core NATS). */
export function sessionSubject(notice: 'connected' | 'disconnected', scope: Scope): string {
  return checked(`session.${notice}.${scopeTokens(scope)}`)
}

/** `rt-{ws}-{proj}-{actor}`: the durable consumer of one actor type. */
export function inboundConsumerName(scope: Scope, actor: string): string {
  return `rt-${scope.workspaceId}-${scope.projectId}-${encodeToken(actor)}`
}

/**
 * Checks the subject of an event; a subscription's may have the wildcards `*` and `>`.
 *
 * @throws TransportError `ERR_TRANSPORT_SUBJECT_INVALID`
 */
export function assertEventSubject(subject: string, hasWildcards: boolean): void {
  const tokens = checked(subject).split('.')
  const isValid = (token: string, index: number): boolean => {
    if (hasWildcards && (token === '*' || (token === '>' && index === tokens.length - 1))) return true
    return EVENT_TOKEN.test(token) && !WILDCARD.test(token)
  }
  if (!tokens.every(isValid)) {
    throw new TransportError(
      'ERR_TRANSPORT_SUBJECT_INVALID',
      'the subject of an event is made of printable tokens',
    )
  }
}

function scopeTokens(scope: Scope): string {
  return `${assertLiteralToken(scope.workspaceId, 'a workspace id')}.${assertLiteralToken(scope.projectId, 'a project id')}`
}

function checked(subject: string): string {
  if (subject.length > MAX_SUBJECT_BYTES) {
    throw new TransportError(
      'ERR_TRANSPORT_SUBJECT_INVALID',
      `the subject is longer than ${MAX_SUBJECT_BYTES} bytes`,
    )
  }
  return subject
}
