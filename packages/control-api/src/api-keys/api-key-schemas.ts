import type { ApiKeyRecord } from '@portcullis/registry/postgres'
import { z } from 'zod'
import { component, note } from '../document/schemas.ts'
import { nameSchema, pageOf, roleSchema, timeSchema } from '../http/common-schemas.ts'
import { isoTime } from '../http/iso-time.ts'

const members = {
  keyId: z.string(),
  name: z.string(),
  role: roleSchema,
  prefix: note(z.string(), 'What the key begins with, to recognise it by', 'pck_0123456789abcdef'),
  createdAt: timeSchema,
  expiresAt: note(timeSchema.nullable(), 'From then on it is refused; null when it never expires'),
  lastUsedAt: note(timeSchema.nullable(), 'To a minute; null when it was not used'),
}

const EXAMPLE = {
  keyId: '0123456789abcdef',
  name: 'deployment',
  role: 'admin',
  prefix: 'pck_0123456789abcdef',
  createdAt: '2026-01-31T12:00:00.000Z',
  expiresAt: null,
  lastUsedAt: null,
}

/** An API key as it is shown. */
export const apiKeySchema: z.ZodType<ApiKey> = component('ApiKey', z.object(members), { examples: [EXAMPLE] })

/** An API key as it is shown. */
export interface ApiKey extends Pick<ApiKeyRecord, 'keyId' | 'name' | 'role' | 'prefix'> {
  createdAt: string
  expiresAt: string | null
  lastUsedAt: string | null
}

/** An API key with what is shown once. */
export const shownApiKeySchema: z.ZodType<ApiKey & { key: string }> = component(
  'ShownApiKey',
  z.object({
    ...members,
    key: note(z.string(), 'Shown this once; a digest of it is kept'),
  }),
  { examples: [{ ...EXAMPLE, key: 'pck_0123456789abcdef_<43 characters>' }] },
)

export const apiKeyPage: z.ZodType = pageOf('ApiKeyPage', apiKeySchema)

/** An API key to be made. */
export const newApiKeySchema: z.ZodType<{
  name: string
  role: ApiKey['role']
  expiresAt?: string | null | undefined
}> = component(
  'NewApiKey',
  z.strictObject({
    name: nameSchema,
    role: roleSchema,
    expiresAt: note(
      z.iso.datetime({ offset: true }).nullish(),
      'In the future; without it the key never expires',
      '2030-01-31T12:00:00Z',
    ),
  }),
  { examples: [{ name: 'deployment', role: 'admin', expiresAt: '2030-01-31T12:00:00Z' }] },
)

/** A record as it is shown. */
export function apiKeyOf(record: ApiKeyRecord): ApiKey {
  const { keyId, name, role, prefix, createdAtMs, expiresAtMs, lastUsedAtMs } = record
  return {
    keyId,
    name,
    role,
    prefix,
    createdAt: isoTime(createdAtMs),
    expiresAt: isoTime(expiresAtMs),
    lastUsedAt: isoTime(lastUsedAtMs),
  }
}
