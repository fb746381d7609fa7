export { compileOrigins, type OriginCheck } from '@portcullis/auth-core'
export type { Authorizer, Grant, UpgradeRequest } from './authorizer/authorizer.ts'
export {
  type ControlPlaneAuthorizer,
  controlPlaneAuthorizer,
  type ControlPlaneAuthorizerOptions,
} from './authorizer/control-plane.ts'
export { GATEWAY_ERRORS, GatewayError, type GatewayErrorCode, type GatewayErrorOptions } from './errors.ts'
export { createGateway, type Gateway } from './gateway.ts'
export type { GatewayLogger, GatewayOptions } from './options.ts'
export { PROTOCOL_PLAIN, PROTOCOL_V1 } from './protocol/subprotocols.ts'
export type { GatewayStats } from './stats.ts'
