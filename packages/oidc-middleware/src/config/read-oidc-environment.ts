import { allowInsecureHttp } from '@portcullis/auth-core'
import type { OidcConfig } from './oidc-config.ts'

/**
 * The {@link OidcConfig} of the variables `AUTH_SERVICE_URL`, `AUTH_SERVICE_APP_SLUG` (both required),
 * `AUTH_SERVICE_JWKS_URI`, `AUTH_SERVICE_ISSUER` and `AUTH_SERVICE_AUDIENCE`. An empty variable is an absent one. Unless
 * `NODE_ENV` is `production`, `http:` is permitted on loopback addresses.
 *
 * @throws TypeError naming the variable that is missing
 */
export function readOidcEnvironment(env: Readonly<Record<string, string | undefined>>): OidcConfig {
  return {
    authServiceUrl: required(env, 'AUTH_SERVICE_URL'),
    appSlug: required(env, 'AUTH_SERVICE_APP_SLUG'),
    jwksUri: env['AUTH_SERVICE_JWKS_URI'] || undefined,
    issuer: env['AUTH_SERVICE_ISSUER'] || undefined,
    audience: env['AUTH_SERVICE_AUDIENCE'] || undefined,
    [allowInsecureHttp]: env['NODE_ENV'] !== 'production',
  }
}

function required(env: Readonly<Record<string, string | undefined>>, name: string): string {
  const value = env[name]
  if (value === undefined || value === '') throw new TypeError(`the variable ${name} is required`)
  return value
}
