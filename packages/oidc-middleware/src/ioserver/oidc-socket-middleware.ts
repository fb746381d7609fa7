import { oidcMiddleware } from '../socket.io/oidc-middleware.ts'
import type { SocketNext } from '../socket.io/socket-next.ts'
import type { IOServerAppHandle } from './app-handle.ts'
import { appOidc } from './app-oidc.ts'

/**
 * Middleware for services: lets only sockets with a valid access token into the namespace, as `oidcMiddleware` of
 * `@portcullis/oidc-middleware/socket.io` does, with the managers `oidcConfig`, `users` and `session` of the application.
 */
export class OidcSocketMiddleware {
  /** Called by IOServer. */
  handle(appHandle: IOServerAppHandle): (socket: never, next: SocketNext) => void {
    const { verifier, users, registry, report } = appOidc(appHandle)
    return oidcMiddleware({ verifier, users, session: registry, onError: report })
  }
}
