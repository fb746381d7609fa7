import {
  booleanFlag,
  commaList,
  defaultHost,
  DEVELOPMENT_INTERNAL_TOKEN,
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

const postgresUrl = z
  .string()
  .refine(
    (url) => /^postgres(?:ql)?:\/\//.test(url) && URL.canParse(url),
    'must be a postgres: or postgresql: URL',
  )

const secretKeys = commaList
  .refine(
    (keys) => keys.length > 0 && keys.every((key) => readKey(key) !== null),
    'must be 32 bytes as 64 hexadecimal digits or in base64; of several, with commas between them, the first one encrypts',
  )
  .refine((keys) => new Set(keys).size === keys.length, 'must not name a key twice')

/** The variables, as README.md documents them. */
export const variables = {
  NODE_ENV: nodeEnv.default('development'),
  PORT: port.default(3000),
  HOST: z.string().optional(),
  CONTROL_PLANE_INTERNAL_TOKEN: internalTokens.optional(),
  DATABASE_URL: postgresUrl.optional(),
  DATA_DIR: z.string().optional(),
  REGISTRY_SECRET_KEY: secretKeys.optional(),
  PROJECTS_FILE: z.string().optional(),
  GATEWAY_JWT_SECRET: z
    .string()
    .refine(
      (secret) => Buffer.byteLength(secret) >= MIN_SECRET_BYTES,
      `must have at least ${MIN_SECRET_BYTES} bytes`,
    )
    .optional(),
  JWKS_EGRESS: z.enum(['public', 'any'], 'must be public or any').optional(),
  LOG_LEVEL: logLevel.default('info'),
  EXIT_WITH_PARENT: booleanFlag.default(false),
}

/** The environment of the process, checked and completed. */
export const environmentSchema = z
  .object(variables)
  .superRefine(({ NODE_ENV, CONTROL_PLANE_INTERNAL_TOKEN, REGISTRY_SECRET_KEY }, context) => {
    const production = NODE_ENV === 'production'
    const refuse = (name: keyof typeof variables, message: string): void =>
      context.addIssue({ code: 'custom', path: [name], message })
    const problem = internalTokenProblem(CONTROL_PLANE_INTERNAL_TOKEN, production)
    if (problem !== null) refuse('CONTROL_PLANE_INTERNAL_TOKEN', problem)
    // A key that lies beside what it encrypts protects nothing.
    if (production && REGISTRY_SECRET_KEY === undefined) {
      refuse('REGISTRY_SECRET_KEY', 'is required in production')
    }
  })
  .transform(({ NODE_ENV, HOST, CONTROL_PLANE_INTERNAL_TOKEN, DATA_DIR, REGISTRY_SECRET_KEY, ...env }) => {
    const production = NODE_ENV === 'production'
    return {
      ...env,
      production,
      HOST: HOST ?? defaultHost(production),
      // A project's key URL must not become a way into the network that the control plane stands in.
      JWKS_EGRESS: env.JWKS_EGRESS ?? (production ? 'public' : 'any'),
      internalTokens: CONTROL_PLANE_INTERNAL_TOKEN ?? [DEVELOPMENT_INTERNAL_TOKEN],
      DATA_DIR: DATA_DIR ?? DEFAULT_DATA_DIR,
      isDataDirChosen: DATA_DIR !== undefined,
      /** Undefined in development: then it is made once, and kept in `DATA_DIR`. */
      secretKeys: REGISTRY_SECRET_KEY?.map((key) => readKey(key) as Buffer),
    }
  })

/** What {@link environmentSchema} makes of the variables. */
export type Environment = z.output<typeof environmentSchema>
