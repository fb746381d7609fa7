import { allowInsecureHttp } from '@portcullis/auth-core'
import type { VerifierConfig } from '../verifier/verifier-config.ts'

/** The short configuration for one auth service, such as BetterAuth. */
export interface OidcConfig {
  /** Base URL of the auth service, such as `https://auth.example.com`. */
  authServiceUrl: string
  /** OAuth 2.0 `client_id` of this application. */
  appSlug: string
  /** @defaultValue `<authServiceUrl>/api/auth/jwks` */
  jwksUri?: string | undefined
  /** Expected `iss`, compared exactly. @defaultValue `authServiceUrl` as it is written */
  issuer?: string | undefined
  /** Expected `aud`; one of these when there are several. @defaultValue `appSlug` */
  audience?: string | readonly string[] | undefined
  /** Permits `http:` on loopback addresses. For tests and development. */
  [allowInsecureHttp]?: boolean | undefined
}

/**
 * The {@link VerifierConfig} of an {@link OidcConfig}.
 *
 * @throws TypeError naming the option that is wrong
 */
export function verifierConfigOf(oidc: OidcConfig): VerifierConfig {
  if (typeof oidc !== 'object' || oidc === null) throw new TypeError('"config" must be an object')
  const { authServiceUrl, appSlug, audience = appSlug } = oidc
  for (const [name, value] of Object.entries({ authServiceUrl, appSlug })) {
    if (typeof value !== 'string' || value === '') throw new TypeError(`"${name}" must be a non-empty string`)
  }
  if (!URL.canParse(authServiceUrl)) throw new TypeError('"authServiceUrl" must be an absolute URL')
  const { issuer = authServiceUrl, jwksUri = `${authServiceUrl.replace(/\/+$/, '')}/api/auth/jwks` } = oidc
  return { issuer, audience, jwksUri, [allowInsecureHttp]: oidc[allowInsecureHttp] }
}
