import { AuthError } from '@portcullis/auth-core'
import type { Socket } from 'socket.io'
import { usersOption, type UsersOption } from '../adapter/users-option.ts'
import { verifierOption, type VerifierOption } from '../adapter/verifier-option.ts'
import type { OidcUserContext } from '../context/user-context.ts'
import { checkSocketTimes } from '../socket/socket-session.ts'
import { admissionOf, admit, type Admission, watchNamespace } from './admission.ts'
import { handshakeToken } from './handshake-token.ts'
import { isServerFault, socketError } from './refusal.ts'
import { checkRegistry, type ReportError, type SocketRegistry } from './registry.ts'
import { defineFields } from './socket-fields.ts'
import type { SocketNext } from './socket-next.ts'
import { openSocket, type SocketSettings } from './socket-life.ts'

/** Options of {@link oidcMiddleware}. */
export interface OidcMiddlewareOptions extends VerifierOption {
  /** Where users are looked up, at the handshake and again every `recheckMs`; without it a valid token is enough. */
  users?: UsersOption | undefined
  /** Told of sockets that come and go. What it throws closes nothing. */
  session?: SocketRegistry | undefined
  /** How long before the end of its token a client is asked for another, milliseconds, integer ≥ 0, 0 = never. @defaultValue 60000 */
  reauthNoticeMs?: number | undefined
  /** Time between two looks at the user of an open socket, milliseconds, integer ≥ 0, 0 = never. @defaultValue 60000 */
  recheckMs?: number | undefined
  /**
   * Told what is nobody's mistake but the server's: keys that cannot be had, a failing directory or registry. Never with a
   * token in it. What it throws is ignored.
   */
  onError?: ReportError | undefined
}

/** For `io.use` and `namespace.use`, whatever events they are typed with. */
// oxlint-disable-next-line typescript/no-explicit-any -- the parameters are invariant: nothing else fits every server
export type SocketMiddleware = (socket: Socket<any, any, any, any>, next: SocketNext) => void

/**
 * Lets only sockets with a valid access token into a namespace, and keeps them no longer than the token holds.
 *
 * A refusal is a `connect_error` whose message is the code, also in `data.code`: `ERR_AUTH_TOKEN_REQUIRED`,
 * `ERR_AUTH_TOKEN_INVALID`, `ERR_AUTH_REQUEST_INVALID`, `ERR_AUTH_KEYS_UNAVAILABLE` (with `data.retryAfterSeconds`),
 * `ERR_USER_DISABLED`, `ERR_USER_PROVISION_FAILED`, and `ERR_INTERNAL` for a failure of the server.
 *
 * An open socket is sent `reauth_required` before its token ends, and goes on with the event `reauth`, whose first argument
 * is a token of the same issuer, subject and organisation, or `{ token }`; it is answered with `reauthenticated` or
 * `reauth_failed`, and through the acknowledgement. Otherwise it is sent `token_expired`, `reauth_mismatch` or
 * `user_disabled`, and its connection is closed. No event is handed to the application after that.
 *
 * Such a socket is never recovered (`connectionStateRecovery`): recovery hands over rooms and missed packets before any
 * middleware has run. The client comes back as a new socket.
 *
 * @throws TypeError naming the option that is wrong
 */
export function oidcMiddleware(options: OidcMiddlewareOptions): SocketMiddleware {
  const settings: SocketSettings = {
    verifier: verifierOption(options),
    users: usersOption(options.users),
    registry: checkRegistry(options.session),
    report: reporter(options.onError),
    ...checkSocketTimes(options),
  }
  return (socket, next) => {
    void guard(socket, settings, next)
  }
}

/** Never rejects. */
async function guard(socket: Socket, settings: SocketSettings, next: SocketNext): Promise<void> {
  const { report } = settings
  try {
    await authenticate(socket, settings)
  } catch (error) {
    if (isServerFault(error)) report(error)
    next(socketError(error))
    return
  }
  try {
    next()
  } catch (error) {
    // Of a middleware after this one: thrown from here it would be nobody's, and the client would wait for ever.
    report(error)
    next(socketError(error))
  }
}

async function authenticate(socket: Socket, settings: SocketSettings): Promise<void> {
  // Of a socket that somebody else let be recovered: its rooms are those of a session that nobody has looked at.
  if (socket.recovered) throw new AuthError('ERR_AUTH_TOKEN_INVALID', 'the session cannot be recovered')
  const offered = handshakeToken(socket)
  if (offered === null) throw new AuthError('ERR_AUTH_TOKEN_REQUIRED', 'a token is required')
  const token = await settings.verifier.verify(offered)
  const { users } = settings
  const context = users === undefined ? token.context : await users.resolve(token.context, token.claims)
  let current = (): OidcUserContext => context
  const admission: Admission = {
    token,
    context,
    // Of guards between two middlewares like this one.
    rules: admissionOf(socket)?.rules ?? [],
    open: () => {
      current = openSocket(socket, admission, settings)
    },
  }
  admit(socket, admission)
  defineFields(socket, () => current())
  defineFields(socket.data as object, () => current())
  watchNamespace(socket.nsp)
}

function reporter(onError: ReportError | undefined): ReportError {
  if (onError !== undefined && typeof onError !== 'function') {
    throw new TypeError('"onError" must be a function')
  }
  return (error) => {
    try {
      onError?.(error)
    } catch {
      // Who reports errors is asked not to make some.
    }
  }
}
