import type { WorkspaceRecord } from '@portcullis/registry/postgres'
import { z } from 'zod'
import { component, note } from '../document/schemas.ts'
import { idSchema, nameSchema, pageOf, timeSchema } from '../http/common-schemas.ts'
import { isoTime } from '../http/iso-time.ts'

/** A workspace as it is shown. */
export const workspaceSchema: z.ZodType<Workspace> = component(
  'Workspace',
  z.object({ workspaceId: idSchema, name: z.string(), createdAt: timeSchema, updatedAt: timeSchema }),
  {
    examples: [
      {
        workspaceId: 'acme',
        name: 'Acme',
        createdAt: '2026-01-31T12:00:00.000Z',
        updatedAt: '2026-01-31T12:00:00.000Z',
      },
    ],
  },
)

/** A workspace as it is shown. */
export interface Workspace {
  workspaceId: string
  name: string
  createdAt: string
  updatedAt: string
}

export const workspacePage: z.ZodType = pageOf('WorkspacePage', workspaceSchema)

/** A workspace to be made. */
export const newWorkspaceSchema: z.ZodType<{ workspaceId: string; name?: string | undefined }> = component(
  'NewWorkspace',
  z.strictObject({
    workspaceId: idSchema,
    name: note(nameSchema.optional(), 'The id where it is left out'),
  }),
  { examples: [{ workspaceId: 'acme', name: 'Acme' }] },
)

/** What may change in a workspace. */
export const workspaceChangesSchema: z.ZodType<{ name?: string | undefined }> = component(
  'WorkspaceChanges',
  z.strictObject({ name: nameSchema.optional() }),
  { examples: [{ name: 'Acme Ltd.' }] },
)

/** A record as it is shown. */
export function workspaceOf({ workspaceId, name, createdAtMs, updatedAtMs }: WorkspaceRecord): Workspace {
  return { workspaceId, name, createdAt: isoTime(createdAtMs), updatedAt: isoTime(updatedAtMs) }
}
