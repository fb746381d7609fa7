import type { DeadLetterDetail, DeadLetterSummary } from '@portcullis/fleet'
import { z } from 'zod'
import { component, note } from '../document/schemas.ts'
import { pageOf, timeSchema } from '../http/common-schemas.ts'
import { isoTime } from '../http/iso-time.ts'

const members = {
  id: z.string(),
  projectId: z.string(),
  actor: note(z.string(), 'The type of actor that the message was for'),
  actorId: z.string().nullable(),
  sessionId: z.string().nullable(),
  userId: z.string().nullable(),
  reason: note(z.object({ code: z.string(), message: z.string() }), 'Why the worker gave up'),
  attempts: note(z.number(), 'Deliveries made'),
  failedAt: timeSchema,
  payloadBytes: z.number(),
  isWhole: note(z.boolean(), 'Whether all of it was kept: only then it can be replayed'),
}

const EXAMPLE = {
  id: '42',
  projectId: 'shop',
  actor: 'order',
  actorId: '1001',
  sessionId: 'gw-1.7Hq2',
  userId: 'ann',
  reason: { code: 'handler_failed', message: 'no such order' },
  attempts: 5,
  failedAt: '2026-01-31T12:00:00.000Z',
  payloadBytes: 312,
  isWhole: true,
}

/** A dead letter as lists show it. */
const deadLetterSchema = component('DeadLetter', z.object(members), {
  examples: [EXAMPLE],
})

/** A dead letter as lists show it. */
export interface DeadLetter extends Omit<DeadLetterSummary, 'workspaceId' | 'failedAtMs'> {
  failedAt: string
}

/** A dead letter with its message. */
export const deadLetterDetailSchema: z.ZodType<DeadLetter & { message?: unknown }> = component(
  'DeadLetterDetail',
  z.object({
    ...members,
    message: note(z.unknown().optional(), 'What the client sent; null when it cannot be read'),
  }),
  { examples: [{ ...EXAMPLE, message: { type: 'order.place' } }] },
)

export const deadLetterPage: z.ZodType = pageOf('DeadLetterPage', deadLetterSchema)

/** A dead letter as lists show it. */
export function deadLetterOf({
  workspaceId: _workspaceId,
  failedAtMs,
  ...rest
}: DeadLetterSummary): DeadLetter {
  return { ...rest, failedAt: isoTime(failedAtMs) }
}

/** A dead letter with its message. */
export function deadLetterDetailOf({
  message,
  ...rest
}: DeadLetterDetail): DeadLetter & { message: unknown } {
  return { ...deadLetterOf(rest), message: message ?? null }
}
