export { compileOrigins, type OriginCheck } from '@portcullis/auth-core'
export type { Authorizer, Grant, GrantLimits, UpgradeRequest } from './authorizer/authorizer.ts'
export {
  type ControlPlaneAuthorizer,
  controlPlaneAuthorizer,
  type ControlPlaneAuthorizerStats,
} from './authorizer/control-plane.ts'
export type { ControlPlaneAuthorizerOptions } from './authorizer/control-plane-settings.ts'
export {
  createOwnWorkspaces,
  type OwnWorkspaces,
  type OwnWorkspacesOptions,
} from './authorizer/own-workspaces.ts'
export type { ProjectChange } from './authorizer/project-change.ts'
export { GATEWAY_ERRORS, GatewayError, type GatewayErrorCode, type GatewayErrorOptions } from './errors.ts'
export { createGateway, type Gateway } from './gateway.ts'
export type { GatewayLogger, GatewayOptions } from './options.ts'
export {
  LATENCY_BUCKETS_MS,
  type LatencyHistogram,
  type ProjectCounters,
} from './project/project-counters.ts'
export { PROTOCOL_PLAIN, PROTOCOL_V1 } from './protocol/subprotocols.ts'
export type { SessionInfo } from './session/session-info.ts'
export type { GatewayStats } from './stats.ts'
