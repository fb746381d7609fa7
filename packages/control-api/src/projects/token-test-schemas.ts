import { z } from 'zod'
import { component, note } from '../document/schemas.ts'

/** A token to be tried. */
export const tokenTestRequestSchema: z.ZodType<{
  token?: string | null | undefined
  host?: string | undefined
}> = component(
  'TokenTestRequest',
  z.strictObject({
    token: note(z.string().max(16_384).nullish(), 'Without it: whether the project needs one'),
    host: note(z.string().min(1).max(300).optional(), 'What a client would connect to', 'shop.example.com'),
  }),
  { examples: [{ token: 'eyJhbGciOi…', host: 'shop.example.com' }] },
)

/** What became of a token. */
export const tokenTestSchema: z.ZodType = component(
  'TokenTest',
  z.object({
    ok: z.boolean(),
    checks: z.array(
      z.object({
        check: z.string(),
        status: z.enum(['passed', 'failed', 'skipped']),
        detail: z.string(),
      }),
    ),
    userId: z.string().nullable(),
    claims: note(z.record(z.string(), z.unknown()).nullable(), 'What the token says; true only when `ok`'),
  }),
  {
    examples: [
      {
        ok: false,
        checks: [
          { check: 'signature', status: 'passed', detail: 'the signature is good' },
          { check: 'audience', status: 'failed', detail: '"aud" is another one' },
        ],
        userId: null,
        claims: { sub: 'ann', aud: 'lobby' },
      },
    ],
  },
)
