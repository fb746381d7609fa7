import { commaList, httpUrl } from '@portcullis/app'
import { MIN_SECRET_BYTES } from '@portcullis/auth-core'
import { z } from 'zod'

/** Whether a secret is as long as a key for HMAC-SHA-256 has to be (RFC 7518 section 3.2). */
export const isLong = (secret: string): boolean => Buffer.byteLength(secret) >= MIN_SECRET_BYTES

const secret = z.string().refine(isLong, `must have at least ${MIN_SECRET_BYTES} bytes`)

const secrets = commaList.refine(
  (list) => list.length > 0 && list.every(isLong),
  `must be one or more secrets of at least ${MIN_SECRET_BYTES} bytes`,
)

const postgresUrl = z
  .string()
  .refine(
    (url) => /^postgres(?:ql)?:\/\//.test(url) && URL.canParse(url),
    'must be a postgres: or postgresql: URL',
  )

const perMinute = z
  .string()
  .regex(/^[1-9]\d{0,5}$/, 'must be a whole number of at least 1')
  .transform(Number)

/** What concerns machine clients: keys, registration, and where their records are kept. */
export const authVariables = {
  GATEWAY_JWT_SECRET: secret.optional(),
  GATEWAY_JWT_VERIFY_SECRETS: secrets.default([]),
  GATEWAY_JWT_KEYS_FILE: z.string().optional(),
  INTERNAL_SECRET: commaList.default([]),
  AUTH_ISSUER: httpUrl.refine((url) => !/[?#]/.test(url), 'must not have a query or a fragment').optional(),
  AUTH_AUDIENCE: z.string().max(256, 'must have at most 256 characters').default('portcullis'),
  AUTH_REGISTRATION: z.enum(['open', 'token'], 'must be open or token').optional(),
  AUTH_INITIAL_ACCESS_TOKEN: z
    .string()
    .regex(/^[A-Za-z0-9\-._~+/]+=*$/, 'must be one bearer token')
    .optional(),
  AUTH_REQUESTS_PER_MINUTE: perMinute.default(60),
  AUTH_REGISTRATIONS_PER_MINUTE: perMinute.default(10),
  AUTH_REFRESH_GRACE_SECONDS: z
    .string()
    .regex(/^(?:[0-5]?\d|60)$/, 'must be a whole number from 0 to 60')
    .transform(Number)
    .default(0),
  AUTH_PROJECT: z
    .string()
    .regex(/^[A-Za-z0-9_-]{1,64}$/, 'must be 1 to 64 letters, digits, _ or -')
    .default('default'),
  AUTH_STORE: z
    .enum(['file', 'memory', 'nats', 'postgres'], 'must be file, memory, nats or postgres')
    .optional(),
  AUTH_DATABASE_URL: postgresUrl.optional(),
  DATA_DIR: z.string().optional(),
}
