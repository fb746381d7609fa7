import { AuthError, extractBearer } from '@portcullis/auth-core'
import type { Socket } from 'socket.io'

/**
 * The token of a handshake: `auth.token`, else the `Authorization` header. In `auth`, null and `''` are no token: a client
 * whose user is not logged in sends them.
 *
 * @returns null without one
 * @throws AuthError `ERR_AUTH_TOKEN_INVALID` for anything in `auth.token` that is not a string, and for a malformed header;
 *   `ERR_AUTH_REQUEST_INVALID` for several headers
 */
export function handshakeToken({ handshake, request }: Socket): string | null {
  const { token } = (handshake.auth ?? {}) as { token?: unknown }
  if (typeof token === 'string' && token !== '') return token
  if (token !== undefined && token !== null && token !== '') {
    throw new AuthError('ERR_AUTH_TOKEN_INVALID', 'the token is not a string')
  }
  // Raw headers show a second one, which the other form hides; uWebSockets.js has none.
  return extractBearer('rawHeaders' in request ? request.rawHeaders : handshake.headers)
}
