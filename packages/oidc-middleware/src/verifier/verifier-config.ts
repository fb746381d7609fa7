import type { allowInsecureHttp, EgressFetch, TokenAlgorithm } from '@portcullis/auth-core'

/** Algorithms that a published key can verify: all of auth-core's but HS*. */
export type AccessTokenAlgorithm = Exclude<TokenAlgorithm, `HS${string}`>

/** An issuer whose tokens are accepted, and where its keys are: exactly one of `jwksUri` and `discovery`. */
export interface IssuerConfig {
  /** `iss` of its tokens, compared exactly: a trailing slash counts. */
  issuer: string
  /** What must be in `aud`: one of these. */
  audience: string | readonly string[]
  /** URL of its keys, `https:`. */
  jwksUri?: string | URL | undefined
  /** Finds the keys through the issuer's metadata: OpenID Connect Discovery, then RFC 8414. */
  discovery?: boolean | undefined
  /** @defaultValue RS256, ES256, PS256, EdDSA and Ed25519 */
  algorithms?: readonly AccessTokenAlgorithm[] | undefined
}

/** Options that hold for every issuer of a verifier. */
export interface VerifierOptions {
  /** Accepts only tokens that say they are access tokens: `typ` must be `at+jwt` (RFC 9068 §4). @defaultValue false */
  strict?: boolean | undefined
  /** Accepted clock difference, seconds, integer 0–60. @defaultValue 5 */
  clockToleranceSeconds?: number | undefined
  /** Most verified tokens remembered until their `exp`, integer ≥ 2, or 0 to remember none. @defaultValue 10000 */
  maxCachedTokens?: number | undefined
  /** Shortest time between two downloads caused by unknown keys or failures, milliseconds, integer ≥ 0. @defaultValue 300000 */
  cooldownMs?: number | undefined
  /** Longest wait for one download, milliseconds, integer ≥ 1. @defaultValue 5000 */
  timeoutMs?: number | undefined
  /** Age at which keys are downloaded again, milliseconds, integer ≥ 1. @defaultValue 600000 */
  cacheMaxAgeMs?: number | undefined
  /** How long past `cacheMaxAgeMs` keys still verify while the endpoint fails, milliseconds, integer ≥ 0. @defaultValue 3600000 */
  staleIfErrorMs?: number | undefined
  /**
   * What downloads keys and metadata. For URLs that tenants chose: `createPublicFetch()` of
   * `@portcullis/auth-core/egress`, which reaches public addresses only. @defaultValue the global `fetch`
   */
  egress?: EgressFetch | undefined
  /** Permits `http:` issuers and key URLs on loopback addresses. For tests and development. */
  [allowInsecureHttp]?: boolean | undefined
}

/** What {@link createVerifier} takes: one issuer, or up to 100 of them. */
export type VerifierConfig = VerifierOptions & (IssuerConfig | { issuers: readonly IssuerConfig[] })
