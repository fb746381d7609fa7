import { isIP } from 'node:net'
import {
  booleanFlag,
  commaList,
  defaultHost,
  DEVELOPMENT_INTERNAL_TOKEN,
  httpUrl,
  internalTokenProblem,
  internalTokens,
  logLevel,
  nodeEnv,
  port,
} from '@portcullis/app'
import { MIN_SECRET_BYTES } from '@portcullis/auth-core'
import { z } from 'zod'
import { readKey } from './store/secret-keys.ts'

const DEFAULT_DATA_DIR = 'data/control-plane'

const count = z
  .string()
  .regex(/^[1-9]\d{0,8}$/, 'must be a whole number of at least 1')
  .transform(Number)

const postgresUrl = z
  .string()
  .refine(
    (url) => /^postgres(?:ql)?:\/\//.test(url) && URL.canParse(url),
    'must be a postgres: or postgresql: URL',
  )

const natsUrls = commaList.refine(
  (urls) => urls.length > 0 && urls.every((url) => /^(nats|tls):\/\/[^\s,]+$/.test(url) && URL.canParse(url)),
  'must be one or more nats: or tls: URLs',
)

const secretKeys = commaList
  .refine(
    (keys) => keys.length > 0 && keys.every((key) => readKey(key) !== null),
    'must be 32 bytes as 64 hexadecimal digits or in base64; of several, with commas between them, the first one encrypts',
  )
  .refine((keys) => new Set(keys).size === keys.length, 'must not name a key twice')

const publicUrl = httpUrl.refine((url) => {
  const { pathname, search, hash } = new URL(url)
  return pathname === '/' && search === '' && hash === ''
}, 'must have no path')

const addresses = commaList.refine(
  (list) => list.every(isAddressRange),
  'must be addresses, CIDR ranges, or loopback, linklocal, uniquelocal',
)

/** The variables, as README.md documents them. */
export const variables = {
  NODE_ENV: nodeEnv.default('development'),
  PORT: port.default(3000),
  HOST: z.string().optional(),
  INTERNAL_PORT: port.optional(),
  CONTROL_PLANE_INTERNAL_TOKEN: internalTokens.optional(),
  PUBLIC_URL: publicUrl.optional(),
  DATABASE_URL: postgresUrl.optional(),
  DATA_DIR: z.string().optional(),
  REGISTRY_SECRET_KEY: secretKeys.optional(),
  PROJECTS_FILE: z.string().optional(),
  NATS_URL: natsUrls.optional(),
  NATS_CREDS_FILE: z.string().optional(),
  NATS_INBOX_PREFIX: z
    .string()
    .regex(/^[A-Za-z0-9_-]{1,64}$/, 'must be one subject token')
    .optional(),
  GATEWAY_JWT_SECRET: z
    .string()
    .refine(
      (secret) => Buffer.byteLength(secret) >= MIN_SECRET_BYTES,
      `must have at least ${MIN_SECRET_BYTES} bytes`,
    )
    .optional(),
  JWKS_EGRESS: z.enum(['public', 'any'], 'must be public or any').optional(),
  OIDC_ISSUER: httpUrl.optional(),
  OIDC_CLIENT_ID: z.string().min(1, 'must not be empty').optional(),
  OIDC_CLIENT_SECRET: z.string().min(1, 'must not be empty').optional(),
  OIDC_AUDIENCE: z.string().min(1, 'must not be empty').optional(),
  AUDIT_RETENTION_DAYS: count.optional(),
  TRUSTED_PROXIES: addresses.default([]),
  RATE_LIMIT_PER_ADDRESS: count.default(1200),
  RATE_LIMIT_PER_CREDENTIAL: count.default(1200),
  RATE_LIMIT_WRONG_CREDENTIALS: count.default(20),
  LOG_LEVEL: logLevel.default('info'),
  EXIT_WITH_PARENT: booleanFlag.default(false),
}

const given = z.object(variables)
type Given = z.output<typeof given>

/** The environment of the process, checked and completed. */
export const environmentSchema = given
  .superRefine((env, context) => {
    for (const [name, message] of problemsOf(env)) context.addIssue({ code: 'custom', path: [name], message })
  })
  .transform(
    ({ NODE_ENV, HOST, CONTROL_PLANE_INTERNAL_TOKEN, DATA_DIR, REGISTRY_SECRET_KEY, PUBLIC_URL, ...env }) => {
      const production = NODE_ENV === 'production'
      return {
        ...env,
        production,
        HOST: HOST ?? defaultHost(production),
        /** Undefined in production: then it is what requests say. */
        PUBLIC_URL: PUBLIC_URL ?? (production ? undefined : `http://localhost:${env.PORT}`),
        // A project's key URL must not become a way into the network that the control plane stands in.
        JWKS_EGRESS: env.JWKS_EGRESS ?? (production ? 'public' : 'any'),
        internalTokens: CONTROL_PLANE_INTERNAL_TOKEN ?? [DEVELOPMENT_INTERNAL_TOKEN],
        DATA_DIR: DATA_DIR ?? DEFAULT_DATA_DIR,
        isDataDirChosen: DATA_DIR !== undefined,
        /** Undefined in development: then it is made once, and kept in `DATA_DIR`. */
        secretKeys: REGISTRY_SECRET_KEY?.map((key) => readKey(key) as Buffer),
      }
    },
  )

/** What {@link environmentSchema} makes of the variables. */
export type Environment = z.output<typeof environmentSchema>

function problemsOf(env: Given): [keyof typeof variables, string][] {
  const production = env.NODE_ENV === 'production'
  const problems: [keyof typeof variables, string | null][] = [
    ['CONTROL_PLANE_INTERNAL_TOKEN', internalTokenProblem(env.CONTROL_PLANE_INTERNAL_TOKEN, production)],
    // A key that lies beside what it encrypts protects nothing.
    ['REGISTRY_SECRET_KEY', production && !env.REGISTRY_SECRET_KEY ? 'is required in production' : null],
    ['OIDC_CLIENT_ID', env.OIDC_ISSUER && !env.OIDC_CLIENT_ID ? 'is required with OIDC_ISSUER' : null],
    ['OIDC_ISSUER', isHttp(env.OIDC_ISSUER) && production ? 'must be an https: URL in production' : null],
    ['PUBLIC_URL', env.OIDC_ISSUER && production && !env.PUBLIC_URL ? 'is required with OIDC_ISSUER' : null],
    // Over it the cookies of the console could not be `Secure`.
    ['PUBLIC_URL', production && isHttpElsewhere(env.PUBLIC_URL) ? 'must be https: in production' : null],
    // Or tokens that say who signed in would do for tokens that say what somebody may.
    [
      'OIDC_AUDIENCE',
      env.OIDC_AUDIENCE && env.OIDC_AUDIENCE === env.OIDC_CLIENT_ID ? 'must not be OIDC_CLIENT_ID' : null,
    ],
    ['INTERNAL_PORT', isSamePort(env) ? 'must be another one than PORT' : null],
  ]
  for (const name of ['OIDC_CLIENT_ID', 'OIDC_CLIENT_SECRET', 'OIDC_AUDIENCE'] as const) {
    if (env[name] !== undefined && env.OIDC_ISSUER === undefined) problems.push([name, 'needs OIDC_ISSUER'])
  }
  return problems.flatMap(([name, message]) => (message === null ? [] : [[name, message]]))
}

function isHttp(url: string | undefined): boolean {
  return url !== undefined && new URL(url).protocol === 'http:'
}

/** Plain HTTP, and not on this machine alone. */
function isHttpElsewhere(url: string | undefined): boolean {
  return isHttp(url) && !/^(?:localhost|127\.0\.0\.1|\[::1\])$/.test(new URL(url ?? '').hostname)
}

function isSamePort({ PORT, INTERNAL_PORT }: Given): boolean {
  return INTERNAL_PORT !== undefined && INTERNAL_PORT !== 0 && INTERNAL_PORT === PORT
}

function isAddressRange(text: string): boolean {
  if (['loopback', 'linklocal', 'uniquelocal'].includes(text)) return true
  const [address = '', bits, ...rest] = text.split('/')
  const version = isIP(address)
  if (version === 0 || rest.length > 0) return false
  return bits === undefined || (/^\d{1,3}$/.test(bits) && Number(bits) <= (version === 4 ? 32 : 128))
}
