import type { Socket } from 'socket.io'
import type { OidcUserContext } from '../context/user-context.ts'
import type { VerifiedToken } from '../verifier/verifier.ts'

/** A rule about the user of a socket. */
export type Permits = (context: OidcUserContext) => boolean

/** What is known about a socket between its middlewares and its end. */
export interface Admission {
  readonly token: VerifiedToken
  /** Whom the socket was opened for. */
  readonly context: OidcUserContext
  /** Asked again when the user's rights may have changed. */
  readonly rules: Permits[]
  /** Begins the life of the socket once it is connected. */
  readonly open: () => void
}

const admissions = new WeakMap<object, Admission>()

/** Remembers that `socket` was authenticated. Another middleware of this package on the same namespace has the last word. */
export function admit(socket: Socket, admission: Admission): void {
  admissions.set(socket, admission)
}

/** Undefined for a socket that was not authenticated here. */
export function admissionOf(socket: object): Admission | undefined {
  return admissions.get(socket)
}

const watched = new WeakSet<object>()

/**
 * Has authenticated sockets of a namespace opened when they are connected, before the application hears of them. Not in the
 * middleware: a later one may still refuse, or the client be gone, and nobody is told of the end of such a socket.
 */
export function watchNamespace(nsp: Socket['nsp']): void {
  if (watched.has(nsp)) return
  watched.add(nsp)
  // 'connect' comes right before 'connection'.
  nsp.prependListener('connect', (socket) => {
    const admission = admissionOf(socket)
    if (admission !== undefined) admission.open()
    // Connection state recovery goes past the middlewares, and this socket is not one that we let be recovered.
    else if (socket.recovered) socket.disconnect(true)
  })
}
