import { z } from 'zod'

/** What the document says about a schema beside its shape. */
export interface SchemaNote {
  /** Name among the components. */
  id?: string | undefined
  description?: string | undefined
  examples?: unknown[] | undefined
  [member: string]: unknown
}

/** The notes of this package's schemas. Its own registry: the global one belongs to the application. */
export const schemas: z.core.$ZodRegistry<SchemaNote> = z.registry<SchemaNote>()

/** Gives a schema a name in the document. */
export function component<Schema extends z.ZodType>(
  id: string,
  schema: Schema,
  more: Omit<SchemaNote, 'id'> = {},
): Schema {
  schemas.add(schema, { id, ...more })
  return schema
}

/** A schema that is described in the document. The one it is made of stays as it is: others may use it. */
export function note<Schema extends z.ZodType>(
  schema: Schema,
  description: string,
  ...examples: unknown[]
): Schema {
  const own = schema.clone()
  schemas.add(own, { description, ...(examples.length > 0 && { examples }) })
  return own
}
