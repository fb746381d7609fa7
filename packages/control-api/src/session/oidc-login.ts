import { allowInsecureHttp } from '@portcullis/registry'
import {
  allowInsecureRequests,
  authorizationCodeGrant,
  buildAuthorizationUrl,
  calculatePKCECodeChallenge,
  ClientSecretBasic,
  ClientSecretPost,
  type Configuration,
  discovery,
  fetchUserInfo,
  None,
  randomNonce,
  randomPKCECodeVerifier,
  randomState,
} from 'openid-client'
import { type PersonSubjects, subjectsOf } from '../access/subjects.ts'
import { ControlApiError } from '../errors.ts'
import type { OidcLoginOptions } from '../options.ts'

/** What has to be known again when somebody comes back from the provider. */
export interface LoginAttempt {
  readonly state: string
  readonly nonce: string
  readonly verifier: string
}

/** Signs people in at an identity provider: the authorization code flow with PKCE, `state` and `nonce`. */
export interface OidcLogin {
  /**
   * Where to send somebody, and what to keep until they come back.
   *
   * @throws ControlApiError `ERR_OIDC_UNAVAILABLE`
   */
  begin(): Promise<{ url: URL; attempt: LoginAttempt }>
  /**
   * Who came back.
   *
   * @param url - that of the request, with its query
   * @throws ControlApiError `ERR_OIDC_LOGIN_FAILED`, `ERR_OIDC_UNAVAILABLE`
   */
  complete(url: URL, attempt: LoginAttempt): Promise<PersonSubjects>
}

/** Where the provider sends people back to. */
const CALLBACK_PATH = '/api/session/oidc/callback'

const TIMEOUT_SECONDS = 5
/** How long a provider that could not be reached is left alone, milliseconds. */
const RETRY_MS = 1000
const DEFAULT_SCOPE = 'openid profile email'

/**
 * Makes what signs people in. The provider's metadata are read when somebody signs in first, and kept.
 *
 * @see OpenID Connect Core §3.1, RFC 7636, RFC 9700 §2.1
 */
export function createOidcLogin(options: OidcLoginOptions, publicUrl: URL): OidcLogin {
  const { issuer, clientId, clientSecret, scope = DEFAULT_SCOPE } = options
  const redirectUri = new URL(CALLBACK_PATH, publicUrl)
  let found: Promise<Configuration> | undefined
  let failedAt = -Infinity

  /** One discovery for all who sign in at once. */
  async function configuration(): Promise<Configuration> {
    if (found === undefined) {
      if (performance.now() - failedAt < RETRY_MS) throw unavailable()
      found = discover()
    }
    try {
      return await found
    } catch (error) {
      if (found !== undefined) failedAt = performance.now()
      found = undefined
      throw unavailable(error)
    }
  }

  async function discover(): Promise<Configuration> {
    // oxlint-disable-next-line typescript/no-deprecated -- marked so that nobody does it by accident; the option says so too
    const execute = options[allowInsecureHttp] === true ? [allowInsecureRequests] : []
    const config = await discovery(new URL(issuer), clientId, undefined, clientAuthentication(), {
      execute,
      timeout: TIMEOUT_SECONDS,
    })
    config.timeout = TIMEOUT_SECONDS
    return config
  }

  function clientAuthentication(): ReturnType<typeof None> {
    if (clientSecret === undefined) return None()
    const [basic, post] = [ClientSecretBasic(clientSecret), ClientSecretPost(clientSecret)]
    // Every provider has the one (OpenID Connect Core §9), unless its metadata say that it has the other alone.
    return (server, client, body, headers) => {
      const methods = server.token_endpoint_auth_methods_supported
      const takesPostAlone =
        methods?.includes('client_secret_post') && !methods.includes('client_secret_basic')
      return (takesPostAlone === true ? post : basic)(server, client, body, headers)
    }
  }

  return {
    async begin() {
      const config = await configuration()
      const attempt = { state: randomState(), nonce: randomNonce(), verifier: randomPKCECodeVerifier() }
      const url = buildAuthorizationUrl(config, {
        redirect_uri: redirectUri.href,
        scope,
        state: attempt.state,
        nonce: attempt.nonce,
        code_challenge: await calculatePKCECodeChallenge(attempt.verifier),
        code_challenge_method: 'S256',
      })
      return { url, attempt }
    },
    async complete(url, { state, nonce, verifier }) {
      const config = await configuration()
      // Its path and query are what came; its origin is what people see, which a proxy may have changed.
      const current = new URL(redirectUri)
      current.search = url.search
      try {
        const tokens = await authorizationCodeGrant(config, current, {
          expectedState: state,
          expectedNonce: nonce,
          pkceCodeVerifier: verifier,
          idTokenExpected: true,
        })
        const claims = tokens.claims()
        if (claims === undefined) throw new Error('the provider sent no ID token')
        return subjectsOf({ ...(await userInfo(config, tokens.access_token, claims)), ...claims })
      } catch (error) {
        throw new ControlApiError(
          'ERR_OIDC_LOGIN_FAILED',
          'signing in at the identity provider did not work out',
          {
            cause: error,
          },
        )
      }
    },
  }
}

/**
 * What the provider says beside the ID token, where it left the address out: most send that here alone.
 *
 * @see OpenID Connect Core §5.3, §5.4
 */
async function userInfo(
  config: Configuration,
  accessToken: string,
  { sub, email }: { readonly sub: string; readonly email?: unknown },
): Promise<Record<string, unknown>> {
  if (email !== undefined || config.serverMetadata().userinfo_endpoint === undefined) return {}
  return fetchUserInfo(config, accessToken, sub)
}

function unavailable(cause?: unknown): ControlApiError {
  return new ControlApiError('ERR_OIDC_UNAVAILABLE', 'the identity provider cannot be reached', { cause })
}
