export { TRANSPORT_ERRORS, TransportError, type TransportErrorCode } from './errors.ts'
export type {
  DeadLetterPage,
  DeadLetterQuery,
  DeadLetters,
  DeadLetterScope,
  StoredDeadLetter,
} from './dead-letters.ts'
export type { Scope } from './scope.ts'
export type {
  ConsumeInboundOptions,
  DeadLetterMessage,
  InboundDelivery,
  InboundMessage,
  OutboundDelivery,
  OutboundFilter,
  OutboundMessage,
  PublishOptions,
  PublishReceipt,
  StreamDrift,
  Subscription,
  Transport,
  TransportState,
  TransportStatus,
} from './transport.ts'
export { decodeToken, encodeToken, MAX_NAME_BYTES } from './subject/token.ts'
export {
  deadLetterSubject,
  gatewayOutboundFilter,
  inboundConsumerName,
  inboundFilter,
  inboundSubject,
  MAX_SUBJECT_BYTES,
  outboundSubject,
  sessionSubject,
} from './subject/subjects.ts'
export {
  decodeInboundEnvelope,
  encodeInboundEnvelope,
  type InboundEnvelope,
  inboundPrefix,
  spliceInboundEnvelope,
} from './envelope/inbound.ts'
export {
  encodeOutboundEnvelope,
  type OutboundEnvelope,
  outboundPrefix,
  sliceOutboundMessage,
  spliceOutboundEnvelope,
} from './envelope/outbound.ts'
export {
  encodeNotice,
  noticeSessionId,
  type SessionConnectedNotice,
  type SessionDisconnectedNotice,
} from './envelope/notice.ts'
export { type DeadLetter, decodeDeadLetter, encodeDeadLetter } from './envelope/dead-letter.ts'
