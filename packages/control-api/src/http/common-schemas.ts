import { z } from 'zod'
import { component, note } from '../document/schemas.ts'

/** The id of a workspace or a project. */
export const idSchema: z.ZodString = z
  .string()
  .regex(/^[A-Za-z0-9_-]{1,64}$/, 'must be 1 to 64 letters, digits, "_" or "-"')

/** A name that people see. Control characters would let one forge the lines of a list. */
export const nameSchema: z.ZodString = z
  .string()
  .min(1)
  .max(200)
  .regex(/^[^\p{Cc}\p{Zl}\p{Zp}\p{Cs}]*$/u, 'must have no control characters')

/** A time as it stands in answers. */
export const timeSchema: z.ZodISODateTime = note(
  z.iso.datetime(),
  'RFC 3339, UTC',
  '2026-01-31T12:00:00.000Z',
)

/** What somebody may do: each role may do what the one before it may. */
export const roleSchema: z.ZodEnum<{ viewer: 'viewer'; admin: 'admin'; owner: 'owner' }> = component(
  'Role',
  z.enum(['viewer', 'admin', 'owner']),
  {
    description:
      'A viewer reads; an admin changes projects and acts on sessions and dead letters; an owner also changes members, keys and the workspace',
  },
)

/** Text that a client made up to name something of its own, such as a user or a session. Bounded, without NUL, well-formed. */
export const foreignIdSchema: z.ZodString = z
  .string()
  .min(1)
  .max(256)
  // oxlint-disable-next-line no-control-regex -- PostgreSQL cannot store NUL in a text
  .regex(/^[^\u0000\p{Cs}]*$/u, 'must have no NUL and no half characters')

/** Which part of a list. */
export const pageQuery: z.ZodObject<{
  limit: z.ZodDefault<z.ZodCoercedNumber<string>>
  after: z.ZodOptional<z.ZodString>
}> = z.strictObject({
  limit: note(z.coerce.number<string>().int().min(1).max(200).default(50), 'Most items'),
  after: note(z.string().max(2048).optional(), '`next` of the page before'),
})

/** A part of a list. */
export function pageOf<Item extends z.ZodType>(
  id: string,
  item: Item,
): z.ZodObject<{ items: z.ZodArray<Item>; next: z.ZodNullable<z.ZodString> }> {
  return component(
    id,
    z.object({
      items: z.array(item),
      next: note(z.string().nullable(), '`after` of the page that follows; null when there is none'),
    }),
  )
}

/** Parameters of a path below a workspace. */
export const workspaceParams: z.ZodObject<{ workspaceId: z.ZodString }> = z.object({ workspaceId: idSchema })

/** Parameters of a path below a project. */
export const projectParams: z.ZodObject<{ workspaceId: z.ZodString; projectId: z.ZodString }> = z.object({
  workspaceId: idSchema,
  projectId: idSchema,
})
