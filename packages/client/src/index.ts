export { createClient } from './client/create-client-node.ts'
export type {
  ActorHandle,
  Client,
  ClientEvents,
  ClientStatus,
  Frame,
  MessageInfo,
  Receipt,
  SendOptions,
  Session,
} from './client/client.ts'
export { CLIENT_ERRORS, ClientError } from './errors.ts'
export type { ClientErrorCode, ClientErrorDetails } from './errors.ts'
export type { ClientOptions, Token } from './options.ts'
