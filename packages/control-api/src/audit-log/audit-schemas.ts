import type { AuditEntry } from '@portcullis/registry/postgres'
import { z } from 'zod'
import { component, note } from '../document/schemas.ts'
import { pageOf, timeSchema } from '../http/common-schemas.ts'
import { isoTime, withIsoTimes } from '../http/iso-time.ts'

const recordSchema = z.record(z.string(), z.unknown()).nullable()

/** A change as it is shown. */
const auditEntrySchema = component(
  'AuditEntry',
  z.object({
    entryId: z.string(),
    at: timeSchema,
    actor: note(z.string(), 'Who did it', 'user:ann'),
    action: note(z.string(), 'What was done', 'project.updated'),
    workspaceId: note(z.string().nullable(), 'Null for what belongs to none'),
    projectId: z.string().nullable(),
    before: note(recordSchema, 'As it was; null when it is new'),
    after: note(recordSchema, 'As it is from then on; null when it is gone'),
    requestId: note(z.string().nullable(), 'As in the header `x-request-id` of the answer'),
  }),
  {
    examples: [
      {
        entryId: '17',
        at: '2026-01-31T12:00:00.000Z',
        actor: 'user:ann',
        action: 'workspace.updated',
        workspaceId: 'acme',
        projectId: null,
        before: { workspaceId: 'acme', name: 'Acme' },
        after: { workspaceId: 'acme', name: 'Acme Ltd.' },
        requestId: '6f1f5a1e-6d0c-4c3e-9a63-6a0b6c2f3f10',
      },
    ],
  },
)

export const auditPage: z.ZodType = pageOf('AuditPage', auditEntrySchema)

/** An entry as it is shown. */
export function auditEntryOf({ atMs, before, after, ...rest }: AuditEntry): unknown {
  return { ...rest, at: isoTime(atMs), before: withIsoTimes(before), after: withIsoTimes(after) }
}
