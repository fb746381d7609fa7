import type { Restriction } from '@portcullis/visibility'
import type { Core } from '../engine/core.ts'
import type { Domain } from '../engine/domain.ts'
import { InteropError } from '../errors.ts'
import type { LocalPeer } from '../peers/local-peer.ts'
import type { InteropLimits } from '../gateway/limits.ts'
import type { ClientMessage, DomainName } from '../protocol/message.ts'
import { readRestriction } from '../protocol/read-restriction.ts'
import { refusal, success } from '../protocol/reply.ts'

/** Lets a peer into a domain. Answers in the destination; joining twice is a success. */
export function join(core: Core, peer: LocalPeer, message: ClientMessage): void {
  const domain = destination(core, message, 'join')
  if (core.peers.membership(peer, domain.name) === undefined) {
    let restriction: Restriction | undefined
    try {
      checkOptions(message.options, core.limits)
      const { restrictions } = message
      if (restrictions !== undefined && restrictions !== null && restrictions !== '') {
        restriction = readRestriction(restrictions, 'Restrictions')
      }
    } catch (error) {
      if (!InteropError.is(error)) throw error
      peer.send(refusal(domain.name, error, message.request_id))
      core.counters.refusals += 1
      return
    }
    const membership = {
      restriction,
      visibility: core.visibility.decide({
        kind: 'peer',
        domain: domain.name === 'agm' ? 'interop' : domain.name === 'bus' ? 'bus' : 'context',
        identity: peer.verified,
      }),
      options: message.options,
    }
    core.peers.join(peer, domain.name, membership)
    domain.joined?.(peer, membership)
    core.link.joined(peer, domain.name)
  }
  peer.send(success(domain.name, message.request_id))
}

/** Lets a peer out of a domain. Answers in the destination; leaving what was never joined is a success. */
export function leave(core: Core, peer: LocalPeer, message: ClientMessage): void {
  const domain = destination(core, message, 'leave')
  if (core.peers.membership(peer, domain.name) !== undefined) {
    const departure = {
      cause: 'left' as const,
      reasonUri: textOrNull(message.reason_uri),
      reason: textOrNull(message.reason),
      requestDomain: message.domain,
    }
    domain.leaving?.(peer, departure)
    core.link.left(peer, domain.name, departure)
    core.peers.leave(peer, domain.name)
  }
  peer.send(success(domain.name, message.request_id))
}

function destination(core: Core, { destination: name }: ClientMessage, verb: 'join' | 'leave'): Domain {
  const domain = typeof name === 'string' ? core.domains.get(name as DomainName) : undefined
  if (domain === undefined) {
    const said = typeof name === 'string' ? name.slice(0, 64) : ''
    throw new InteropError('ERR_INTEROP_INVALID_DOMAIN', `Unable to ${verb} missing domain ${said}`)
  }
  return domain
}

/** They are kept as long as the peer is a member. */
function checkOptions(options: unknown, { maxIdentityLength }: InteropLimits): void {
  if (options === undefined || JSON.stringify(options).length <= maxIdentityLength) return
  throw new InteropError(
    'ERR_INTEROP_LIMITS_EXCEEDED',
    `The options of a join have at most ${maxIdentityLength} characters`,
  )
}

/** Told to everybody who saw the peer, each with a copy. */
const MAX_REASON_LENGTH = 1024

function textOrNull(value: unknown): string | null {
  return typeof value === 'string' ? value.slice(0, MAX_REASON_LENGTH) : null
}
