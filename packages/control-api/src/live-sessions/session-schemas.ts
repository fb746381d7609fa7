import type { FleetViewSession } from '@portcullis/fleet'
import { z } from 'zod'
import { component, note } from '../document/schemas.ts'
import { pageOf, timeSchema } from '../http/common-schemas.ts'
import { isoTime } from '../http/iso-time.ts'

const count = z.number().min(0)

/** An open session as it is shown. */
export const liveSessionSchema: z.ZodType<LiveSession> = component(
  'LiveSession',
  z.object({
    sessionId: z.string(),
    gatewayId: z.string(),
    workspaceId: z.string(),
    projectId: z.string(),
    userId: note(z.string().nullable(), 'Null in a project without authentication'),
    host: z.string(),
    clientAddress: z.string(),
    connectedAt: timeSchema,
    protocol: z.string(),
    expiresAt: note(timeSchema.nullable(), 'When its token ends; null when it has none'),
    received: note(count, 'Messages from the client'),
    delivered: note(count, 'Messages to the client'),
    inFlight: note(count, 'Messages from the client that wait to be stored'),
    bufferedBytes: note(count, 'What waits to be sent to the client'),
  }),
  {
    examples: [
      {
        sessionId: 'gw-1.7Hq2',
        gatewayId: 'gw-1',
        workspaceId: 'acme',
        projectId: 'shop',
        userId: 'ann',
        host: 'shop.example.com',
        clientAddress: '192.0.2.7',
        connectedAt: '2026-01-31T12:00:00.000Z',
        protocol: '',
        expiresAt: '2026-01-31T13:00:00.000Z',
        received: 12,
        delivered: 40,
        inFlight: 0,
        bufferedBytes: 0,
      },
    ],
  },
)

/** An open session as it is shown. */
export interface LiveSession extends Omit<FleetViewSession, 'connectedAtMs' | 'expiresAtMs'> {
  connectedAt: string
  expiresAt: string | null
}

export const liveSessionPage: z.ZodType = pageOf('LiveSessionPage', liveSessionSchema)

/** A session as it is shown. */
export function liveSessionOf({ connectedAtMs, expiresAtMs, ...rest }: FleetViewSession): LiveSession {
  return { ...rest, connectedAt: isoTime(connectedAtMs), expiresAt: isoTime(expiresAtMs) }
}
