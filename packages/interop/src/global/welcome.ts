import type { Domain } from '../engine/domain.ts'
import type { Peer } from '../peers/peer.ts'
import type { ServerMessage } from '../protocol/message.ts'

export interface WelcomeInput {
  peer: Peer
  domains: Iterable<Domain>
  requestId: unknown
  accessToken: string | undefined
  /** What the operator tells every client. */
  info: object | undefined
}

/** The answer to a hello that was let in. Its order of domains is the reference's. */
export function welcome({ peer, domains, requestId, accessToken, info }: WelcomeInput): ServerMessage {
  const options = {
    ...(accessToken !== undefined && { access_token: accessToken }),
    ...(info !== undefined && { info }),
  }
  return {
    domain: 'global',
    type: 'welcome',
    request_id: requestId ?? null,
    available_domains: [
      { uri: 'global', description: '', version: 1 },
      ...[...domains].map(({ name, version }) => ({ uri: name, description: '', version })),
    ],
    resolved_identity: peer.identity,
    ...(Object.keys(options).length > 0 && { options }),
  }
}
