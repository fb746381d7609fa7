import { randomBytes } from 'node:crypto'
import type { Socket } from 'socket.io'
import type { OidcUserContext } from '../context/user-context.ts'
import {
  createSocketSession,
  type SocketSession,
  type SocketSessionMessages,
  type SocketUsers,
} from '../socket/socket-session.ts'
import type { UserResolver } from '../users/user-resolver.ts'
import type { OidcVerifier } from '../verifier/verifier.ts'
import type { Admission } from './admission.ts'
import { enter, type ReportError, type SocketRegistry } from './registry.ts'

/** What all sockets of a middleware share. */
export interface SocketSettings {
  readonly verifier: OidcVerifier
  readonly users: UserResolver | undefined
  readonly registry: SocketRegistry | undefined
  readonly report: ReportError
  readonly reauthNoticeMs: number
  readonly recheckMs: number
}

/** What the acknowledgement of a `reauth` is called with. */
export type ReauthAnswer =
  | { readonly ok: true; readonly deadline: number }
  | { readonly ok: false; readonly code: string; readonly message: string; readonly retryable: boolean }

/** For peers that send and do not read. */
const MAX_UNREAD_PACKETS = 1000

type ReauthAck = (answer: ReauthAnswer) => void

const sessions = new WeakMap<object, SocketSession>()

/** The session of a connected socket that came through `oidcMiddleware`, undefined for others. */
export function sessionOf(socket: object): SocketSession | undefined {
  return sessions.get(socket)
}

/**
 * Begins the life of a connected socket; its end is its `disconnect`.
 *
 * @returns whom it belongs to, at any time
 */
export function openSocket(
  socket: Socket,
  admission: Admission,
  settings: SocketSettings,
): () => OidcUserContext {
  const life = new SocketLife(socket, admission, settings)
  sessions.set(socket, life.session)
  const { sub, userId } = admission.context
  const leave = settings.registry && enter(settings.registry, [userId, socket.id, sub], settings.report)
  // Before the middlewares of the application for events: what it does not get to see, they do not either.
  socket.use((event, next) => {
    if (life.admits(event)) next()
  })
  socket.once('disconnecting', () => forbidRecovery(socket))
  socket.once('disconnect', () => {
    life.close()
    leave?.()
  })
  return () => life.session.context
}

/**
 * Sessions are stored for recovery under a private id that the client was told, right after `disconnecting`. Under another
 * one nobody can ask for them, on this server or on any other that shares the store.
 */
function forbidRecovery(socket: Socket): void {
  Object.assign(socket, { pid: randomBytes(18).toString('base64url') })
}

class SocketLife {
  readonly #socket: Socket
  readonly #rules: Admission['rules']
  readonly #session: SocketSession
  /** The acknowledgement of the `reauth` that is being looked at. */
  #answer: ReauthAck | undefined

  constructor(socket: Socket, { token, context, rules }: Admission, settings: SocketSettings) {
    const { verifier, users, reauthNoticeMs, recheckMs } = settings
    this.#socket = socket
    this.#rules = rules
    this.#session = createSocketSession({
      verifier,
      users: users && this.#keepingRules(users),
      token,
      context,
      reauthNoticeMs,
      recheckMs,
      send: (event, payload) => this.#tell(event, payload),
      end: (code, closeCode) => this.#end(code, closeCode),
    })
  }

  get session(): SocketSession {
    return this.#session
  }

  /** Whether an event is one for the application. */
  admits([name, ...args]: readonly unknown[]): boolean {
    if (!this.#session.isLive) return false
    if (name !== 'reauth') return true
    void this.#reauth(args)
    return false
  }

  close(): void {
    this.#session.close()
  }

  /** Never rejects. */
  async #reauth(args: readonly unknown[]): Promise<void> {
    const last = args.at(-1)
    const mine: ReauthAck = typeof last === 'function' ? (last as ReauthAck) : () => undefined
    const other = this.#answer
    this.#answer = mine
    const done = this.#session.reauth(tokenOf(args[0]))
    // While another is being looked at, this one is answered before `reauth` comes back.
    if (other !== undefined) {
      this.#answer = other
      return
    }
    await done
    this.#answer = undefined
  }

  #tell<Event extends keyof SocketSessionMessages>(
    event: Event,
    payload: SocketSessionMessages[Event],
  ): void {
    if (event === 'reauthenticated') {
      // Another token can have other roles.
      if (!this.#permits(this.#session.context)) {
        this.#forbid()
        return
      }
      const { deadline } = payload as SocketSessionMessages['reauthenticated']
      this.#answer?.({ ok: true, deadline })
    }
    if (event === 'reauth_failed') {
      // A peer that does not read its answers gets no more of them.
      if (unread(this.#socket) > MAX_UNREAD_PACKETS) return
      this.#answer?.({ ok: false, ...(payload as SocketSessionMessages['reauth_failed']) })
    }
    this.#socket.emit(event, payload)
  }

  /** Looks at the rules whenever the users are looked up: a role that was taken away takes the socket with it. */
  #keepingRules(users: SocketUsers): SocketUsers {
    return {
      recheck: async (context, claims) => {
        const found = await users.recheck(context, claims)
        if (!this.#permits(found)) this.#forbid()
        return found
      },
    }
  }

  #permits(context: OidcUserContext): boolean {
    return this.#rules.every((permits) => permits(context))
  }

  #forbid(): void {
    // An answer may come when the socket is gone.
    if (!this.#session.isLive) return
    this.#session.close()
    this.#end('forbidden', 4403)
  }

  #end(code: string, closeCode: number): void {
    this.#answer?.({ ok: false, code, message: 'the socket is closed', retryable: false })
    this.#socket.emit(code, { closeCode })
    this.#socket.disconnect(true)
  }
}

/** Packets that the transport has not taken yet. The connection has no other way to tell. */
function unread({ conn }: Socket): number {
  return (conn as unknown as { readonly writeBuffer?: readonly unknown[] }).writeBuffer?.length ?? 0
}

/** As a string, or as in the frames of a WebSocket. */
function tokenOf(offered: unknown): unknown {
  return typeof offered === 'object' && offered !== null ? (offered as { token?: unknown }).token : offered
}
