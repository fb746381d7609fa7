import type { GatewayTokens } from '../authentication/tokens.ts'
import type { Core } from '../engine/core.ts'
import { InteropError } from '../errors.ts'
import type { LocalPeer } from '../peers/local-peer.ts'
import type { ClientMessage } from '../protocol/message.ts'
import { refusal } from '../protocol/reply.ts'

/**
 * Gives a peer a gateway token for another application of its user. What the token lets in ends when the peer's own credential
 * does. A peer without a user cannot have one, nor one whose credential can be revoked: nobody could take back the token.
 */
export function createToken(
  core: Core,
  tokens: GatewayTokens,
  peer: LocalPeer,
  message: ClientMessage,
): void {
  const {
    user,
    credential: { endsAtMs, isRevoked },
  } = peer
  if (user === undefined) {
    throw new InteropError('ERR_INTEROP_FAILURE', 'A peer without a user cannot have a token')
  }
  if (isRevoked !== undefined) {
    throw new InteropError(
      'ERR_INTEROP_FAILURE',
      'A peer whose credential can be revoked cannot have a token',
    )
  }
  const { domain, request_id: requestId = null } = message
  void tokens.gateway.issue({ user, credentialEndsAtMs: endsAtMs }).then(
    (token) => peer.send({ domain, type: 'token', request_id: requestId, token }),
    (error: unknown) => {
      core.logger.error({ err: error }, 'a gateway token could not be made')
      core.counters.refusals += 1
      const failure = new InteropError('ERR_INTEROP_FAILURE', 'Something went wrong')
      peer.send(refusal(domain, failure, requestId))
    },
  )
}
