import { allowInsecureHttp, type Authenticator, createAccessTokenAuthenticator } from '@portcullis/auth-core'
import { createVerifier } from '@portcullis/oidc-middleware'
import type { OAuth2Options } from './options.ts'

/**
 * Authenticates access tokens of an OAuth 2.0 provider. The user is `sub`; `email` and `name` are vouched for as well.
 *
 * @throws TypeError naming the option that is wrong
 */
export function createOAuth2Authenticator(options: OAuth2Options): Authenticator {
  const { issuerBaseURL, audience } = options
  if (typeof issuerBaseURL !== 'string' || !URL.canParse(issuerBaseURL)) {
    throw new TypeError('"authentication.oauth2.issuerBaseURL" must be a URL')
  }
  if (audience === undefined) throw new TypeError('"authentication.oauth2.audience" is required')
  const base = issuerBaseURL.replace(/\/+$/, '')
  const verifier = createVerifier({
    // Providers differ in whether their `iss` ends with a slash, and this option is written both ways.
    issuers: [base, `${base}/`].map((issuer) => ({ issuer, audience, discovery: true })),
    ...(options[allowInsecureHttp] === true && { [allowInsecureHttp]: true }),
  })
  return createAccessTokenAuthenticator(async (token) => {
    const { context, expiresAtMs } = await verifier.verify(token)
    return {
      user: context.sub,
      expiresAtMs,
      identity: {
        ...(context.email !== null && { email: context.email }),
        ...(context.name !== null && { name: context.name }),
      },
    }
  })
}
