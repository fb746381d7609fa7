import { z } from 'zod'
import { component, note } from '../document/schemas.ts'
import { nameSchema } from '../http/common-schemas.ts'

/** A set-up token. */
export const setupRequestSchema: z.ZodType<{ token: string; name?: string | undefined }> = component(
  'Setup',
  z.strictObject({
    token: note(z.string().min(1).max(256), 'What the set-up link has behind its `#`'),
    name: note(nameSchema.optional(), 'Of the API key'),
  }),
  { examples: [{ token: '…', name: 'first operator' }] },
)

/** What comes of it. */
export const setupAnswerSchema: z.ZodType<{ apiKey: string }> = component(
  'SetupAnswer',
  z.object({ apiKey: note(z.string(), 'Of an operator who may do everything; shown this once') }),
  { examples: [{ apiKey: 'pck_…' }] },
)
