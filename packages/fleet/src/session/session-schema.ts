import { z } from 'zod'
import { count, id, instant, LAST_INSTANT_MS, text } from '../wire/schemas.ts'
import type { FleetSession } from './fleet-session.ts'

export const SESSION_ID: RegExp = /^[A-Za-z0-9_.-]{1,160}$/
const MAX_USER_ID = 512
const MAX_HOST = 255
const MAX_ADDRESS = 64
const MAX_PROTOCOL = 64

export const sessionIdSchema: z.ZodString = z.string().regex(SESSION_ID)

export const sessionSchema: z.ZodType<FleetSession> = z.object({
  sessionId: sessionIdSchema,
  workspaceId: id,
  projectId: id,
  userId: text(MAX_USER_ID).nullable(),
  host: text(MAX_HOST),
  clientAddress: text(MAX_ADDRESS),
  connectedAtMs: instant,
  protocol: text(MAX_PROTOCOL),
  expiresAtMs: instant.nullable(),
  received: count,
  delivered: count,
  inFlight: count,
  bufferedBytes: count,
})

/** What of a session changes while it is open: id, received, delivered, inFlight, bufferedBytes, expiresAtMs. */
export type TouchedSession = [string, number, number, number, number, number | null]

export const touchedSchema: z.ZodType<TouchedSession> = z.tuple([
  sessionIdSchema,
  count,
  count,
  count,
  count,
  instant.nullable(),
])

/** The session as it can be told, or undefined when it has no usable id. */
export function tellableSession(session: FleetSession): FleetSession | undefined {
  const cut: FleetSession = {
    sessionId: session.sessionId,
    workspaceId: session.workspaceId,
    projectId: session.projectId,
    userId: session.userId === null ? null : cutText(session.userId, MAX_USER_ID),
    host: cutText(session.host, MAX_HOST),
    clientAddress: cutText(session.clientAddress, MAX_ADDRESS),
    connectedAtMs: instantMs(session.connectedAtMs),
    protocol: cutText(session.protocol, MAX_PROTOCOL),
    expiresAtMs: session.expiresAtMs === null ? null : instantMs(session.expiresAtMs),
    received: whole(session.received),
    delivered: whole(session.delivered),
    inFlight: whole(session.inFlight),
    bufferedBytes: whole(session.bufferedBytes),
  }
  return sessionSchema.safeParse(cut).success ? cut : undefined
}

/** The session with what has changed. */
export function touch<Session extends FleetSession>(
  session: Session,
  [, received, delivered, inFlight, bufferedBytes, expiresAtMs]: TouchedSession,
): Session {
  return Object.assign(session, { received, delivered, inFlight, bufferedBytes, expiresAtMs })
}

/** No more than so many characters, and no half of one at the end. */
export function cutText(value: unknown, length: number): string {
  if (typeof value !== 'string') return ''
  return value.length <= length
    ? value
    : value
        .slice(0, length)
        .toWellFormed()
        .replace(/\uFFFD$/, '')
}

/** A number that a gateway counts or reads off a clock, as a whole one. */
export function whole(value: unknown): number {
  if (typeof value !== 'number' || !(value > 0)) return 0
  return Math.min(Math.floor(value), Number.MAX_SAFE_INTEGER)
}

/** A time, milliseconds since the epoch, that can be written with a year of four digits. */
export function instantMs(value: unknown): number {
  return Math.min(whole(value), LAST_INSTANT_MS)
}
