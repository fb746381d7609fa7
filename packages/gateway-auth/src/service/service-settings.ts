import { integerOption, type KeyRing } from '@portcullis/auth-core'
import type { SecretHasher } from '@portcullis/auth-core/hashing'
import { isCapabilityList } from '../client/capabilities.ts'
import { TIERS, type Tier } from '../client/client-record.ts'
import { furthestEndMs } from '../family/new-family.ts'
import type { AuthStore, ClientLimits } from '../store/auth-store.ts'
import { assertKeyRing, lifetimes, type TokenSettings } from '../token/token-settings.ts'
import type { AuthEvent } from './auth-event.ts'
import { registrationRule, type RegistrationOption, type RegistrationRule } from './registration-rule.ts'

/** Options of {@link createAuthService}. */
export interface AuthServiceOptions {
  /** `iss` of its tokens and base of the URLs in its metadata: an http(s) URL without query and fragment. */
  issuer: string
  /** `aud` of its tokens. @defaultValue the issuer */
  audience?: string | undefined
  /**
   * Accepted `iss`: a list, or `'any'` for replicas that share their keys and not their issuer.
   * @defaultValue the issuer alone
   */
  trustedIssuers?: readonly string[] | 'any' | undefined
  keys: KeyRing
  /** Started by the service, closed by you. */
  store: AuthStore
  /** @defaultValue one of its own, which it closes */
  hasher?: SecretHasher | undefined
  /** Who may register: anybody, or who holds one of these tokens, 32 random bytes each; with none of them nobody. No default. */
  registration: RegistrationOption
  /** What clients may ask for when they register. @defaultValue anything */
  allowedCapabilities?: readonly string[] | undefined
  /** Tier of new clients. @defaultValue 'free' */
  defaultTier?: Tier | undefined
  /** Life of an access token, seconds, 1–86400. @defaultValue 900 */
  accessTtlSeconds?: number | undefined
  /** Life of a refresh token, seconds, 1–31536000. @defaultValue 2592000, 30 days */
  refreshTtlSeconds?: number | undefined
  /** Life of a family however often it is refreshed, seconds, 1–31536000. @defaultValue 7776000, 90 days */
  familyTtlSeconds?: number | undefined
  /** How long a used refresh token gets the same answer again, seconds, 0–60. @defaultValue 0 */
  refreshGraceSeconds?: number | undefined
  /** Accept only access tokens as in RFC 9068: `typ: at+jwt` with `iss` and `aud`. @defaultValue false */
  strictTokens?: boolean | undefined
  /** Accepted clock difference, seconds, 0–60. @defaultValue 5 */
  clockToleranceSeconds?: number | undefined
  /** Most clients of one namespace. @defaultValue 1000 */
  maxClientsPerNamespace?: number | undefined
  /** Most clients. @defaultValue 100000 */
  maxClients?: number | undefined
  /** Failed authentications of one client before it is refused, right or wrong, 1–1000. @defaultValue 10 */
  maxFailures?: number | undefined
  /** How long failures count, milliseconds. @defaultValue 900000, 15 minutes */
  failureWindowMs?: number | undefined
  /** How long a right secret is not hashed again, milliseconds, 0–600000; 0 hashes each time. @defaultValue 60000 */
  secretCacheMs?: number | undefined
  /** Most verified access tokens remembered, 0 or 2 and more; 0 verifies each time. @defaultValue 10000 */
  maxCachedTokens?: number | undefined
  /** Most revocations held in memory. @defaultValue 100000 */
  maxRevocations?: number | undefined
  /** Told of everything worth an audit line, in the middle of things: return soon. */
  onEvent?: ((event: AuthEvent) => void) | undefined
}

/** {@link AuthServiceOptions} that were checked. */
export interface ServiceSettings extends TokenSettings {
  readonly issuer: string
  readonly audience: string
  readonly store: AuthStore
  readonly hasher: SecretHasher | undefined
  readonly registration: RegistrationRule
  readonly allowedCapabilities: readonly string[] | null
  readonly defaultTier: Tier
  readonly familyTtlSeconds: number
  readonly refreshGraceMs: number
  readonly clientLimits: ClientLimits
  readonly maxFailures: number
  readonly failureWindowMs: number
  readonly secretCacheMs: number
  readonly maxCachedTokens: number
  readonly maxRevocations: number
  readonly onEvent: ((event: AuthEvent) => void) | undefined
}

/** @throws TypeError naming the option that is wrong */
export function serviceSettings(options: AuthServiceOptions): ServiceSettings {
  if (typeof options !== 'object' || options === null) throw new TypeError('"options" must be an object')
  const issuer = issuerOf(options.issuer)
  const { audience, trustedIssuers, allowedCapabilities, defaultTier = 'free', onEvent } = options
  if (audience !== undefined && (typeof audience !== 'string' || audience === '')) {
    throw new TypeError('"audience" must be a non-empty string')
  }
  assertKeyRing(options.keys)
  const { store } = options
  if (typeof store?.findFamily !== 'function' || typeof store.rememberedSince !== 'number') {
    throw new TypeError('"store" must be an AuthStore')
  }
  if (options.hasher !== undefined && typeof options.hasher?.verify !== 'function') {
    throw new TypeError('"hasher" must be a secret hasher')
  }
  if (allowedCapabilities !== undefined && !isCapabilityList(allowedCapabilities)) {
    throw new TypeError('"allowedCapabilities" must be at most 64 texts of 1 to 64 of A-Z a-z 0-9 : . _ -')
  }
  if (!TIERS.includes(defaultTier)) throw new TypeError('"defaultTier" is unknown')
  if (onEvent !== undefined && typeof onEvent !== 'function')
    throw new TypeError('"onEvent" must be a function')
  if (options.strictTokens !== undefined && typeof options.strictTokens !== 'boolean') {
    throw new TypeError('"strictTokens" must be true or false')
  }
  const issuers = trustedIssuersOf(trustedIssuers, issuer)
  const times = lifetimes(options)
  const familyTtlSeconds = integerOption(
    'familyTtlSeconds',
    options.familyTtlSeconds,
    90 * 86_400,
    1,
    365 * 86_400,
  )
  const furthestMs = furthestEndMs({ ...times, familyTtlSeconds })
  if (!(furthestMs <= store.maxFamilyMs)) {
    throw new TypeError(
      `"refreshTtlSeconds" needs a "store" that keeps a family for ${furthestMs} ms; this one: ${store.maxFamilyMs} ms`,
    )
  }
  const refreshGraceSeconds = integerOption('refreshGraceSeconds', options.refreshGraceSeconds, 0, 0, 60)
  if (refreshGraceSeconds >= times.accessTtlSeconds) {
    throw new TypeError('"refreshGraceSeconds" must be less than "accessTtlSeconds"')
  }
  const maxCachedTokens = integerOption('maxCachedTokens', options.maxCachedTokens, 10_000, 0)
  if (maxCachedTokens === 1) throw new TypeError('"maxCachedTokens" must be 0, or 2 and more')
  return Object.freeze({
    issuer,
    audience: audience ?? issuer,
    acceptedIssuers: issuers,
    // Replicas that are told apart by their issuers put it into `aud` as well, unless an audience is agreed upon.
    acceptedAudiences: audience === undefined ? issuers : [audience],
    isStrict: options.strictTokens === true,
    keys: options.keys,
    store,
    hasher: options.hasher,
    registration: registrationRule(options.registration),
    allowedCapabilities: allowedCapabilities === undefined ? null : Object.freeze([...allowedCapabilities]),
    defaultTier,
    ...times,
    familyTtlSeconds,
    refreshGraceMs: refreshGraceSeconds * 1000,
    clientLimits: Object.freeze({
      maxPerNamespace: integerOption('maxClientsPerNamespace', options.maxClientsPerNamespace, 1000, 1),
      maxClients: integerOption('maxClients', options.maxClients, 100_000, 1),
    }),
    maxFailures: integerOption('maxFailures', options.maxFailures, 10, 1, 1000),
    failureWindowMs: integerOption('failureWindowMs', options.failureWindowMs, 15 * 60_000, 1, 86_400_000),
    secretCacheMs: integerOption('secretCacheMs', options.secretCacheMs, 60_000, 0, 600_000),
    maxCachedTokens,
    maxRevocations: integerOption('maxRevocations', options.maxRevocations, 100_000, 1),
    onEvent,
  })
}

function issuerOf(issuer: unknown): string {
  const url = typeof issuer === 'string' && URL.canParse(issuer) ? new URL(issuer) : null
  if (
    url === null ||
    !/^https?:$/.test(url.protocol) ||
    /[?#\s]/.test(issuer as string) ||
    url.username !== '' ||
    url.password !== ''
  ) {
    throw new TypeError('"issuer" must be an http: or https: URL without query, fragment and credentials')
  }
  return issuer as string
}

function trustedIssuersOf(
  value: AuthServiceOptions['trustedIssuers'],
  issuer: string,
): readonly string[] | null {
  if (value === undefined) return [issuer]
  if (value === 'any') return null
  if (!Array.isArray(value) || value.some((one) => typeof one !== 'string' || one === '')) {
    throw new TypeError('"trustedIssuers" must be a list of issuers or "any"')
  }
  // A service that does not know its own tokens would be of no use.
  return Object.freeze([...new Set([issuer, ...(value as readonly string[])])])
}
