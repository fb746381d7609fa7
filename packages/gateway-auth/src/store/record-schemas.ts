import { z } from 'zod'
import { TIERS } from '../client/client-record.ts'
import type { ClientRecord } from '../client/client-record.ts'
import type { TokenFamily } from '../family/token-family.ts'
import type { Revocation } from '../revocation/revocation.ts'
import type { RecordKinds } from './auth-records.ts'

const time = z.number().int().nonnegative()

const clientSchema = z.object({
  clientId: z.string(),
  hostId: z.string(),
  namespaceId: z.string(),
  name: z.string(),
  capabilities: z.array(z.string()).readonly(),
  tier: z.enum(TIERS),
  secretHash: z.string(),
  publicKey: z.string().nullable(),
  createdAt: time,
  disabledAt: time.nullable(),
})

const familySchema = z.object({
  familyId: z.string(),
  clientId: z.string(),
  jti: z.string(),
  expiresAt: time,
  createdAt: time,
  endsAt: time,
  scope: z.array(z.string()).readonly().nullable(),
  previous: z.object({ jti: z.string(), usedAt: time, sealed: z.string() }).readonly().nullable(),
  revokedAt: time.nullable(),
})

const revocationSchema = z.object({
  kind: z.enum(['client', 'family', 'token']),
  id: z.string(),
  at: time,
  expiresAt: time,
})

/** What each kind of record looks like. What they parse is a frozen copy. */
export const RECORD_SCHEMAS: { readonly [K in keyof RecordKinds]: z.ZodType<RecordKinds[K]> } = {
  client: clientSchema.readonly() satisfies z.ZodType<ClientRecord>,
  family: familySchema.readonly() satisfies z.ZodType<TokenFamily>,
  revocation: revocationSchema.readonly() satisfies z.ZodType<Revocation>,
  claim: time,
  rate: z.object({ count: z.number().int().positive(), resetsAt: time }).readonly(),
}

/** Names what did not fit, and quotes none of it. */
export function wrongMembers(error: z.ZodError): string {
  return error.issues.map((issue) => issue.path.join('.') || 'value').join(', ')
}
