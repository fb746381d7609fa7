import { requireRole } from '../socket.io/require-role.ts'
import type { SocketNext } from '../socket.io/socket-next.ts'
import type { IOServerAppHandle } from './app-handle.ts'

/**
 * Middleware for services, after `OidcSocketMiddleware`: lets only users into the namespace that have the role `admin`, else
 * `ERR_FORBIDDEN`.
 */
export class OidcSocketAdminMiddleware {
  /** Called by IOServer. */
  handle(_appHandle: IOServerAppHandle): (socket: never, next: SocketNext) => void {
    return requireRole('admin')
  }
}
