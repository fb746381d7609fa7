import type { OidcLoginOptions } from '@portcullis/control-api'
import { allowInsecureHttp } from '@portcullis/registry'
import type { Environment } from './environment.ts'

type OidcEnvironment = Pick<
  Environment,
  'OIDC_ISSUER' | 'OIDC_CLIENT_ID' | 'OIDC_CLIENT_SECRET' | 'OIDC_AUDIENCE' | 'production'
>

/** How people sign in at an identity provider; undefined where there is none. */
export function oidcLogin(env: OidcEnvironment): OidcLoginOptions | undefined {
  const { OIDC_ISSUER: issuer, OIDC_CLIENT_ID: clientId, OIDC_CLIENT_SECRET: clientSecret } = env
  if (issuer === undefined || clientId === undefined) return undefined
  return { issuer, clientId, clientSecret, audience: env.OIDC_AUDIENCE, [allowInsecureHttp]: !env.production }
}
