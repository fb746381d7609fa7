export { AUTH_ERRORS, AuthError, type AuthErrorCode, type AuthErrorOptions } from './errors.ts'

export { addressKey } from './address/address-key.ts'

export {
  createAccessTokenAuthenticator,
  type AuthenticatedSubject,
} from './authenticator/access-token-authenticator.ts'
export type {
  Authentication,
  AuthenticationContinue,
  AuthenticationFailure,
  AuthenticationRequest,
  AuthenticationResponse,
  AuthenticationSuccess,
  Authenticator,
} from './authenticator/authenticator.ts'
export {
  createBasicAuthenticator,
  type AccessTokens,
  type BasicAuthenticatorOptions,
} from './authenticator/basic-authenticator.ts'

export { challenge, type ChallengeOptions } from './bearer/challenge.ts'
export { extractBearer } from './bearer/extract-bearer.ts'
export {
  extractUpgradeToken,
  type UpgradeRequest,
  type UpgradeToken,
  type UpgradeTokenOptions,
  type UpgradeTokenSource,
} from './bearer/extract-upgrade-token.ts'
export type { HeaderSource } from './bearer/header-source.ts'
export { MAX_TOKEN_BYTES } from './bearer/token-syntax.ts'

export { compileOrigins, type OriginCheck } from './origin/compile-origins.ts'

export { parseHost } from './host/parse-host.ts'

export { integerOption } from './integer-option.ts'

export { timingSafeEqualText } from './compare/timing-safe-equal-text.ts'

export { redactHeaders, type HeaderRecord } from './redaction/redact-headers.ts'
export { redactProtocols } from './redaction/redact-protocols.ts'
export { REDACTED, redactQueryToken, redactUrl } from './redaction/redact-url.ts'

export type { EgressFetch, EgressRequest } from './egress/egress-fetch.ts'

export { createKeyRing, type KeyRing, type SignOptions } from './keys/key-ring.ts'
export type { KeyQuery, KeySet, VerificationKey } from './keys/key-set.ts'
export { allowInsecureHttp, createRemoteKeySet, type RemoteKeySetOptions } from './keys/remote-key-set.ts'
export { createSecretKeySet, MIN_SECRET_BYTES } from './keys/secret-key-set.ts'
export type { PublicJwk, SigningKeyOptions } from './keys/signing-key.ts'

export { TOKEN_ALGORITHMS, type TokenAlgorithm } from './token/algorithms.ts'
export {
  createCachedVerifier,
  type CachedVerifier,
  type CachedVerifierOptions,
} from './token/cached-verifier.ts'
export {
  createTokenVerifier,
  verifyToken,
  type TokenClaims,
  type TokenVerifier,
  type VerifyTokenOptions,
} from './token/verify.ts'
