import type { FastifyBaseLogger, FastifyInstance, RawServerDefault } from 'fastify'
import type { ZodTypeProvider } from 'fastify-type-provider-zod'
import type { IncomingMessage, ServerResponse } from 'node:http'
import type { Authenticator } from './access/authenticate.ts'
import type { RateLimits } from './limits/rate-limits.ts'
import type { OidcLogin } from './session/oidc-login.ts'
import type { SessionCookie } from './session/session-cookie.ts'
import type { Settings } from './settings.ts'

/** What the routes share. */
export interface ApiContext extends Settings {
  readonly authenticator: Authenticator
  readonly rates: RateLimits
  readonly cookie: SessionCookie
  /** Null when nobody signs in at an identity provider. */
  readonly login: OidcLogin | null
}

/** A scope whose routes take zod schemas. */
export type Api = FastifyInstance<
  RawServerDefault,
  IncomingMessage,
  ServerResponse,
  FastifyBaseLogger,
  ZodTypeProvider
>
