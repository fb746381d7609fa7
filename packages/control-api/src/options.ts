import type { FleetView } from '@portcullis/fleet'
import type { allowInsecureHttp, MachineTokens, Registry } from '@portcullis/registry'
import type { ManagedStore } from '@portcullis/registry/postgres'

/** How people sign in at an identity provider. */
export interface OidcLoginOptions {
  /** Of the provider, as its metadata have it. `https:`. */
  issuer: string
  clientId: string
  /** @defaultValue none: a public client, with PKCE like every other */
  clientSecret?: string | undefined
  /** What is asked for, with spaces between. @defaultValue 'openid profile email' */
  scope?: string | undefined
  /** What must be in `aud` of an access token of the provider that a program presents. @defaultValue none are taken */
  audience?: string | undefined
  /** Permits an `http:` issuer. For tests and development. */
  [allowInsecureHttp]?: boolean | undefined
}

/** A limit on requests. */
export interface RateLimit {
  /** Requests per window, 1 and more. */
  readonly max: number
  /** Milliseconds, 1000 to a day. */
  readonly windowMs: number
}

/** Limits, each counted in this process. IPv6 addresses count by /64. */
export interface ControlApiRateLimits {
  /** All requests of one address. @defaultValue 1200 in a minute */
  address?: RateLimit | undefined
  /** Requests with one credential, from wherever. @defaultValue 1200 in a minute */
  credential?: RateLimit | undefined
  /**
   * Wrong credentials of one address: API keys, tokens and set-up tokens. Past it the address is not heard with any, right or
   * wrong. @defaultValue 20 in a minute
   */
  wrongCredential?: RateLimit | undefined
}

/** Options of `controlApi`. */
export interface ControlApiOptions {
  store: ManagedStore
  /** Tries tokens. */
  registry: Pick<Registry, 'testToken'>
  fleet: Pick<FleetView, 'gateways' | 'sessions' | 'session' | 'series' | 'ask'>
  /** What verifies the tokens of machine clients. @defaultValue none are taken */
  machineTokens?: MachineTokens | undefined
  /** @defaultValue nobody signs in at an identity provider */
  oidc?: OidcLoginOptions | undefined
  /**
   * Where people reach this server, such as `https://console.example.com`. Needed for `oidc`; with `http:` the console's cookie
   * is not `Secure`. @defaultValue what requests say, and a `Secure` cookie
   */
  publicUrl?: string | undefined
  /**
   * 32 bytes that seal what a browser keeps while somebody signs in. The same in every process that shares the store.
   * @defaultValue random: signing in has to end in the process that it began in
   */
  cookieKey?: Uint8Array | undefined
  /** How long a session of the console lasts, milliseconds, a minute to 30 days. @defaultValue 43200000 */
  sessionTtlMs?: number | undefined
  rateLimits?: ControlApiRateLimits | undefined
  /** Longest wait for a gateway, milliseconds, 1 to 60000. @defaultValue 5000 */
  gatewayTimeoutMs?: number | undefined
  /** Version of the product, for the document. @defaultValue '0.0.0' */
  version?: string | undefined
}
