export { allowInsecureHttp, AUTH_ERRORS, AuthError, type AuthErrorCode } from '@portcullis/auth-core'
export { OIDC_ERRORS, OidcError, type OidcErrorCode } from './errors.ts'

export type { OidcConfig } from './config/oidc-config.ts'
export { verifierConfigOf } from './config/oidc-config.ts'
export { readOidcEnvironment } from './config/read-oidc-environment.ts'

export type { OidcFeatures, OidcUserContext } from './context/user-context.ts'

export { OidcConfigManager } from './ioserver/oidc-config-manager.ts'
export { OidcHttpMiddleware } from './ioserver/oidc-http-middleware.ts'
export { OidcSocketAdminMiddleware } from './ioserver/oidc-socket-admin-middleware.ts'
export { OidcSocketMiddleware } from './ioserver/oidc-socket-middleware.ts'

export type { LocalUser, UserDirectory } from './users/user-directory.ts'
export { createUserResolver, type UserResolver, type UserResolverOptions } from './users/user-resolver.ts'

export { createVerifier } from './verifier/create-verifier.ts'
export type { OidcVerifier, VerifiedToken } from './verifier/verifier.ts'
export type {
  AccessTokenAlgorithm,
  IssuerConfig,
  VerifierConfig,
  VerifierOptions,
} from './verifier/verifier-config.ts'
export { verifyOidcToken } from './verifier/verify-oidc-token.ts'
