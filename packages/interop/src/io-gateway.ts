import type * as Api from '@portcullis/auth-core'
import type { InteropClient, InteropClientOptions, InteropMessage } from './client/interop-client.ts'
import { createGateway, type InteropGateway } from './gateway/gateway.ts'
import type { GatewayOptions } from './gateway/options.ts'

/** The factory and its types, by the names under which applications of the product this replaces know them. */
export const IOGateway: {
  readonly Factory: typeof createGateway
  readonly Gateway: typeof createGateway
} = Object.freeze({ Factory: createGateway, Gateway: createGateway })

// Types beside the constant of the same name; they leave nothing in the JavaScript. The names in here must differ from
// those they stand for: the bundler of declarations takes one for the other.
// oxlint-disable-next-line typescript/no-namespace
export declare namespace IOGateway {
  export type Gateway = InteropGateway
  export type GatewayConfig = GatewayOptions
  export type GatewayClient = InteropClient
  export type GatewayClientOptions = InteropClientOptions
  export type GatewayMessage = InteropMessage
  // oxlint-disable-next-line typescript/no-namespace
  export namespace Auth {
    export type Authentication = Api.Authentication
    export type AuthenticationRequest = Api.AuthenticationRequest
    export type AuthenticationResponse = Api.AuthenticationResponse
    export type AuthenticationSuccess = Api.AuthenticationSuccess
    export type Authenticator = Api.Authenticator
  }
}
