import { z } from 'zod'
import { component, note } from '../document/schemas.ts'
import { meSchema, type Me } from '../me/me-schema.ts'

/** How somebody can sign in, and who has. */
export const signInStateSchema: z.ZodType<SignInState> = component(
  'SignInState',
  z.object({
    signedIn: z.boolean(),
    setupNeeded: note(z.boolean(), 'Whether there is no operator yet, who comes in with a set-up link'),
    methods: z.object({ apiKey: z.literal(true), oidc: z.boolean() }),
    me: meSchema.optional(),
    csrfToken: note(
      z.string().optional(),
      'Of a session of the console: goes into `X-CSRF-Token` of every request that changes something',
    ),
  }),
  { examples: [{ signedIn: false, setupNeeded: false, methods: { apiKey: true, oidc: true } }] },
)

/** How somebody can sign in, and who has. */
export interface SignInState {
  signedIn: boolean
  setupNeeded: boolean
  methods: { apiKey: true; oidc: boolean }
  me?: Me | undefined
  csrfToken?: string | undefined
}

/** An API key to sign in with. */
export const signInSchema: z.ZodType<{ apiKey: string }> = component(
  'SignIn',
  z.strictObject({ apiKey: z.string().min(1).max(256) }),
  { examples: [{ apiKey: 'pck_…' }] },
)

/** What `GET /api/session/oidc/login` takes. */
export const loginQuery: z.ZodObject<{ returnTo: z.ZodOptional<z.ZodString> }> = z.strictObject({
  returnTo: note(z.string().max(2048).optional(), 'A path of this server to come back to', '/projects'),
})
