import { commaList, httpUrl } from '@portcullis/app'
import { z } from 'zod'

const PROVIDERS = ['dev', 'machine', 'oidc', 'off'] as const

/** A way to log in at the interop gateway. */
export type InteropProvider = (typeof PROVIDERS)[number]

const providers = commaList
  .refine(
    (list) => list.length > 0 && list.every((one) => (PROVIDERS as readonly string[]).includes(one)),
    'must be one or more of dev, machine, oidc, or off',
  )
  .refine((list) => !list.includes('off') || list.length === 1, 'off goes with nothing else')
  .transform((list) => list as InteropProvider[])

/** What concerns the interop gateway: who may log in, and what leaves a node. */
export const interopVariables = {
  INTEROP_AUTH: providers.optional(),
  INTEROP_OIDC_ISSUER: httpUrl.optional(),
  INTEROP_OIDC_AUDIENCE: z.string().min(1).max(256, 'must have at most 256 characters').optional(),
  INTEROP_RULES_FILE: z.string().optional(),
  INTEROP_DEFAULT_VISIBILITY: z.enum(['local', 'cluster'], 'must be local or cluster').default('local'),
  INTEROP_MAX_CONNECTIONS_PER_ADDRESS: z
    .string()
    .regex(/^[1-9]\d{0,8}$/, 'must be a whole number of at least 1')
    .transform(Number)
    .default(1000),
  INTEROP_CLUSTER: z
    .string()
    .regex(/^[A-Za-z0-9_-]{1,64}$/, 'must be 1 to 64 letters, digits, _ or -')
    .default('default'),
}
