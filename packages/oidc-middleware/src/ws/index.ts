export {
  authenticateUpgrade,
  type AuthenticateUpgradeOptions,
  type AuthenticatedUpgrade,
} from './authenticate-upgrade.ts'
export {
  oidcAuthorizer,
  type OidcAuthorizerOptions,
  type OidcAuthorizeRequest,
  type OidcGrant,
} from './oidc-authorizer.ts'
export { createUpgradeGuard, type UpgradeGuard, type UpgradeGuardOptions } from './upgrade-guard.ts'
export { sessionOf } from './open-session.ts'
export {
  SOCKET_ENDS,
  type SocketEnd,
  type SocketSession,
  type SocketSessionMessages,
} from '../socket/socket-session.ts'
