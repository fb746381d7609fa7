import type { ServerMessage } from './message.ts'
import type { SharedMember } from './shared-member.ts'

/** The message as JSON text, with the addressee and the member it shares with others. */
export function encodeMessage(peerId: string | null, message: ServerMessage, shared?: SharedMember): string {
  // A message has a domain and a type; its text is added to, for that costs half of encoding a copy with the addressee in it.
  const head = `${JSON.stringify(message).slice(0, -1)},"peer_id":${JSON.stringify(peerId)}`
  return shared === undefined ? `${head}}` : `${head},${JSON.stringify(shared.key)}:${shared.json}}`
}
