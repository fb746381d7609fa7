import type { AuthService } from '../service/service-types.ts'
import type { AuthRateLimits, LimitGroup, RateLimit } from './rate-limits.ts'
import type { InternalSecretCheck } from './internal-secret.ts'

/** Longest body of an auth route, bytes. */
export const MAX_BODY_BYTES: number = 16 * 1024

/** Options of {@link authRoutes}. */
export interface AuthRoutesOptions {
  /** Started by the plugin, closed by you. */
  auth: AuthService
  /**
   * Whether the plugin starts the service and boots no further without its store. `false` when you start it yourself, and
   * would rather serve other routes meanwhile. @defaultValue true
   */
  startAuth?: boolean | undefined
  /** Let callers from inside introspect any token. @defaultValue those of `gatewayAuth`, where it is registered */
  internalSecrets?: string | readonly string[] | undefined
  /** Protection space in `WWW-Authenticate`. @defaultValue that of `gatewayAuth`, else 'portcullis' */
  realm?: string | undefined
  /** Requests per address. */
  rateLimits?: AuthRateLimits | undefined
}

/** What the routes share. */
export interface RouteContext {
  readonly auth: AuthService
  readonly realm: string
  readonly limits: Record<LimitGroup, RateLimit | false>
  readonly assertInternal: InternalSecretCheck | null
}
