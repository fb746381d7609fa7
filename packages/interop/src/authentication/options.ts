import type { allowInsecureHttp, Authenticator } from '@portcullis/auth-core'

/** For every provider. */
export interface ProviderOptions {
  /** Longest wait for its answer, milliseconds, integer ≥ 1. @defaultValue 5000 */
  timeout?: number | undefined
  /**
   * Ends a peer when its credential does. A client that has only the old token is refused when it comes back.
   * @defaultValue true
   */
  enforceExpiry?: boolean | undefined
}

/** Logins with a secret, and the tokens handed out for them. Nobody gets in without a `secretVerifier`. */
export interface BasicOptions extends ProviderOptions {
  usernameResolver?: ((login?: string) => string | undefined | Promise<string | undefined>) | undefined
  secretVerifier?: ((username: string, secret: string) => boolean | Promise<boolean>) | undefined
  /** False: names are lower-cased before comparison and before `usernameResolver`. @defaultValue false */
  usernameCaseSensitive?: boolean | undefined
  /** Lifetime of access tokens where it differs from `token.ttl`, seconds. */
  ttl?: number | undefined
}

/** Access tokens of an OAuth 2.0 or OpenID Connect provider, verified with its published keys. */
export interface OAuth2Options extends ProviderOptions {
  /** Where the provider's metadata is; its `iss`, with or without a trailing slash. */
  issuerBaseURL: string
  /** Must be in `aud`. */
  audience: string | readonly string[]
  /** Permits `http:` issuers on loopback addresses. */
  [allowInsecureHttp]?: boolean | undefined
}

/** Something else. Must be listed in `available`. */
export interface CustomProviderOptions extends ProviderOptions {
  authenticator: Authenticator
}

export interface AuthenticationOptions {
  /**
   * The provider of a hello that names none. Several are asked in turn until one lets it in, because io.Connect clients
   * cannot name a provider beside a token; what the first one says is the refusal.
   * @defaultValue "basic", or the only one that is available
   */
  default?: string | readonly string[] | undefined
  /** The providers that may be asked. @defaultValue the default one */
  available?: readonly string[] | undefined
  /**
   * Members of a client's identity that visibility rules may rely on although nobody vouches for them. Clients in this
   * process are trusted with all of theirs.
   * @defaultValue none
   */
  trustClientIdentity?: readonly string[] | undefined
  basic?: BasicOptions | undefined
  oauth2?: OAuth2Options | undefined
  /** Lifetime of gateway tokens where it differs from `token.ttl`, seconds. */
  'token-ttl'?: number | undefined
  /** The only provider, in place of the built-in ones. */
  authenticator?: Authenticator | undefined
  [provider: string]:
    | CustomProviderOptions
    | BasicOptions
    | OAuth2Options
    | Authenticator
    | string
    | readonly string[]
    | number
    | undefined
}
