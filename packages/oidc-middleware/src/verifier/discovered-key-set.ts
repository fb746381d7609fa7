import {
  allowInsecureHttp,
  AuthError,
  createRemoteKeySet,
  type KeySet,
  type RemoteKeySetOptions,
} from '@portcullis/auth-core'
import { fetchDocument } from '../internal/fetch-document.ts'
import { isAllowedUrl } from '../internal/allowed-url.ts'

/** Age at which metadata is read again. A new place for keys is announced long before the old one ends. */
const METADATA_MAX_AGE_MS = 3_600_000

/** Before the first success there is nothing to fall back on, so a failure is retried sooner than after the cooldown. */
const COLD_RETRY_MS = 1000

/**
 * A key set whose URL is in the issuer's metadata, which is read on first use and hourly after that. Concurrent callers
 * share one reading. When it fails, the keys found before go on; when there are none, `ERR_AUTH_KEYS_UNAVAILABLE`.
 *
 * @throws TypeError when the issuer is not a URL that metadata can be read from
 * @see OpenID Connect Discovery 1.0 §4, RFC 8414 §3
 */
export function createDiscoveredKeySet(
  issuer: string,
  options: RemoteKeySetOptions & { timeoutMs: number },
): KeySet {
  const insecure = options[allowInsecureHttp] === true
  const places = metadataUrls(issuer, insecure)
  let keys: KeySet | undefined
  let jwksUri: string | undefined
  let readAt = -Infinity
  let attemptedAt = -Infinity
  let failure: unknown
  let pending: Promise<void> | undefined

  async function read(): Promise<void> {
    try {
      const found = await discover(issuer, places, insecure, options)
      // The key set of the same URL keeps its keys, and its cooldown.
      if (found !== jwksUri) keys = createRemoteKeySet(found, options)
      jwksUri = found
      readAt = performance.now()
      failure = undefined
    } catch (error) {
      failure = error
    } finally {
      pending = undefined
    }
  }

  async function refresh(): Promise<void> {
    const now = performance.now()
    const cooldownMs = options.cooldownMs ?? 0
    const waitMs = keys === undefined ? Math.min(cooldownMs, COLD_RETRY_MS) : cooldownMs
    if (pending === undefined && now - readAt >= METADATA_MAX_AGE_MS && now - attemptedAt >= waitMs) {
      attemptedAt = now
      pending = read()
    }
    // Only who has no keys at all waits; the others use those they have.
    if (keys === undefined) await pending
  }

  return Object.freeze({
    kind: 'public' as const,
    async candidates(query) {
      await refresh()
      if (keys === undefined) {
        throw new AuthError('ERR_AUTH_KEYS_UNAVAILABLE', 'the verification keys are unavailable', {
          cause: failure,
        })
      }
      return keys.candidates(query)
    },
  } satisfies KeySet)
}

/** Where metadata may be: appended (OpenID Connect), inserted before the path (RFC 8414), and appended under its name. */
function metadataUrls(issuer: string, insecure: boolean): URL[] {
  const url = URL.canParse(issuer) ? new URL(issuer) : undefined
  if (url === undefined || !isAllowedUrl(url, insecure) || url.search !== '' || url.hash !== '') {
    throw new TypeError(
      '"issuer" must be an https: URL without credentials, query and fragment for "discovery"',
    )
  }
  const path = url.pathname.replace(/\/$/, '')
  const paths = [
    `${path}/.well-known/openid-configuration`,
    `/.well-known/oauth-authorization-server${path}`,
    `${path}/.well-known/oauth-authorization-server`,
  ]
  return [...new Set(paths)].map((one) => new URL(one, url))
}

/** The `jwks_uri` of the first place that has metadata of exactly this issuer. */
async function discover(
  issuer: string,
  places: readonly URL[],
  insecure: boolean,
  { timeoutMs, egress }: RemoteKeySetOptions & { timeoutMs: number },
): Promise<string> {
  const signal = AbortSignal.timeout(timeoutMs)
  const errors: unknown[] = []
  for (const place of places) {
    try {
      const document = await fetchDocument(place, signal, egress)
      // Metadata that names another issuer would let that one's keys sign for this one. @see RFC 8414 §3.3
      if (document['issuer'] !== issuer) throw new Error('the metadata is that of another issuer')
      return jwksUriOf(document, insecure)
    } catch (error) {
      errors.push(error)
      if (signal.aborted) break
    }
  }
  throw new AggregateError(errors, 'the issuer has no usable metadata')
}

function jwksUriOf({ jwks_uri: value }: Record<string, unknown>, insecure: boolean): string {
  if (typeof value !== 'string' || !URL.canParse(value) || !isAllowedUrl(new URL(value), insecure)) {
    throw new Error('the metadata has no usable "jwks_uri"')
  }
  return value
}
