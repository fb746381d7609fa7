export { GATEWAY_AUTH_ERRORS, GatewayAuthError, type GatewayAuthErrorCode } from './errors.ts'

export { createAuthService } from './service/create-auth-service.ts'
export type { AuthServiceOptions } from './service/service-settings.ts'
export type { InitialAccessToken, RegistrationOption } from './service/registration-rule.ts'
export type { AuthEvent, AuthEventBody } from './service/auth-event.ts'
export type {
  AuthService,
  ClientChanges,
  ClientCredentials,
  ClientList,
  Introspection,
  IssuedTokens,
  RegisteredClient,
  RegisterInput,
} from './service/service-types.ts'

export { machineAuthenticator, type MachineAuthenticatorOptions } from './edge/machine-authenticator.ts'
export { machineAuthorizer } from './edge/machine-authorizer.ts'
export type { AuthorizeRequest, MachineAuthorizerOptions, MachineGrant } from './edge/machine-authorizer.ts'

export { createMemoryStore, type MemoryStoreOptions } from './store/memory-store.ts'
export type {
  AuthStore,
  ClientLimits,
  ClientPage,
  InsertClientResult,
  RateWindow,
  StoreSubscription,
  Versioned,
} from './store/auth-store.ts'
export { TIERS, type ClientRecord, type Tier } from './client/client-record.ts'
export type { TokenFamily } from './family/token-family.ts'
export type { Revocation } from './revocation/revocation.ts'
export type { RevocableClaims } from './revocation/revocation-list.ts'

export { generateClientSecret } from './client/generate-client-secret.ts'
export {
  buildClientRecord,
  type ClientRecordInput,
  type HasherOptions,
} from './client/build-client-record.ts'
export type { Client } from './client/client-view.ts'
export { saveClient } from './client/save-client.ts'
export { getClient } from './client/get-client.ts'
export { verifyClientSecret } from './client/verify-client-secret.ts'

export type { TokenConfig } from './token/token-settings.ts'
export type { AccessClaims } from './token/access-claims.ts'
export type { AuthContext } from './token/auth-context.ts'
export { signAccessToken, type AccessTokenInput } from './token/sign-access-token.ts'
export { signRefreshToken, type RefreshTokenInput } from './token/sign-refresh-token.ts'
export { verifyAccessToken } from './token/verify-access-token.ts'
export { verifyRefreshToken, type FirstToken, type RefreshClaims } from './token/verify-refresh-token.ts'
export { saveRefreshToken, type SaveRefreshTokenInput } from './family/save-refresh-token.ts'
export { consumeRefreshToken, type ConsumedRefreshToken } from './family/consume-refresh-token.ts'

// For someone who installs this package alone.
export { createKeyRing, redactQueryToken, type KeyRing, type SigningKeyOptions } from '@portcullis/auth-core'
