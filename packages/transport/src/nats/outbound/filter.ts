import { gatewayOutboundFilter, outboundSubject } from '../../subject/subjects.ts'
import type { OutboundFilter } from '../../transport.ts'

/** The subject of an outbound filter, as one string, and the sequence to begin behind. */
export function outboundFilter(filter: OutboundFilter): { subject: string; afterSequence: number } {
  if ('gatewayId' in filter) return { subject: gatewayOutboundFilter(filter.gatewayId), afterSequence: 0 }
  return {
    subject: outboundSubject(filter.scope, filter.sessionId),
    afterSequence: filter.afterSequence ?? 0,
  }
}
