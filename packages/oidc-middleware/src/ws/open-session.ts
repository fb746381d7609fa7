import type { WebSocket } from 'ws'
import {
  createSocketSession,
  type SocketSession,
  type SocketSessionMessages,
  type SocketSessionOptions,
} from '../socket/socket-session.ts'

/** Longest control frame that is looked at: a token of 8 KiB, with room for what is around it. */
const MAX_CONTROL_BYTES = 16_384
/** A peer that does not read its answers gets no more of them. */
const MAX_UNREAD_BYTES = 262_144
/** For peers that do not answer a close frame. */
const CLOSE_TIMEOUT_MS = 2000
const REAUTH = Buffer.from('"reauth"')

const sessions = new WeakMap<WebSocket, SocketSession>()

/** The session of a socket that came through an upgrade guard, undefined for others. */
export function sessionOf(socket: WebSocket): SocketSession | undefined {
  return sessions.get(socket)
}

/**
 * Ties an open socket to its token. The application's listeners get every message but `{"type":"reauth"}` frames, and none
 * after the deadline.
 *
 * @param isInBand whether frames about the token are sent and read
 */
export function openSession(
  socket: WebSocket,
  options: Omit<SocketSessionOptions, 'send' | 'end'>,
  isInBand: boolean,
): SocketSession {
  const emit = socket.emit.bind(socket) as (event: string | symbol, ...args: unknown[]) => boolean
  const send = socket.send.bind(socket) as (...args: unknown[]) => void
  const session = createSocketSession({
    ...options,
    send: (event, payload) => {
      if (isInBand && isReading(socket, event)) send(frameOf(event, payload))
    },
    end: (code, closeCode) => closeSocket(socket, closeCode, code),
  })
  // Every way to listen ends here: `on`, `onmessage`, `addEventListener`, streams.
  define(socket, 'emit', (event: string | symbol, ...args: unknown[]): boolean => {
    if (event !== 'message') return emit(event, ...args)
    // What is left of a closing socket is nobody's.
    if (!session.isLive) return false
    const control = isInBand ? readReauth(args[0], args[1]) : undefined
    if (control === undefined) return emit(event, ...args)
    void session.reauth(control.token)
    return true
  })
  // Looks at the clock first: timers may be late, and then `ws` finds the socket closing.
  define(socket, 'send', (...args: unknown[]): void => {
    void session.isLive
    send(...args)
  })
  socket.once('close', () => session.close())
  sessions.set(socket, session)
  return session
}

/** @returns what a `reauth` frame offers; undefined for a message of the application */
function readReauth(data: unknown, isBinary: unknown): { token: unknown } | undefined {
  // Text comes as one Buffer from `ws`, whatever its `binaryType`.
  if (isBinary !== false || !Buffer.isBuffer(data) || data.length > MAX_CONTROL_BYTES) return undefined
  // Most messages are read no further.
  if (!data.includes(REAUTH)) return undefined
  try {
    const frame = JSON.parse(data.toString('utf8')) as { type?: unknown; token?: unknown } | null
    if (typeof frame !== 'object' || frame?.type !== 'reauth') return undefined
    return { token: frame.token }
  } catch {
    return undefined
  }
}

/** The frames of the relay's protocol. */
function frameOf<Event extends keyof SocketSessionMessages>(
  event: Event,
  payload: SocketSessionMessages[Event],
): string {
  return JSON.stringify({ type: event === 'reauth_failed' ? 'error' : event, ...payload })
}

function isReading(socket: WebSocket, event: keyof SocketSessionMessages): boolean {
  return event !== 'reauth_failed' || socket.bufferedAmount <= MAX_UNREAD_BYTES
}

/** Closes a socket, and ends its connection when the peer does not answer. */
export function closeSocket(socket: WebSocket, closeCode: number, reason: string): void {
  if (socket.readyState === socket.CLOSED) return
  // A paused socket would never read the peer's close frame.
  if (socket.isPaused) socket.resume()
  socket.close(closeCode, reason)
  const timer = setTimeout(() => socket.terminate(), CLOSE_TIMEOUT_MS).unref()
  socket.once('close', () => clearTimeout(timer))
}

function define(socket: WebSocket, name: 'emit' | 'send', value: unknown): void {
  Object.defineProperty(socket, name, { value, configurable: true, writable: true })
}
