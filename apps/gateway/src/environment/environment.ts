import {
  booleanFlag,
  defaultHost,
  DEVELOPMENT_INTERNAL_TOKEN,
  internalTokenProblem,
  logLevel,
  nodeEnv,
  port,
} from '@portcullis/app'
import { MIN_SECRET_BYTES } from '@portcullis/auth-core'
import { z } from 'zod'
import { authVariables, isLong } from './auth-variables.ts'
import { interopVariables } from './interop-variables.ts'
import { relayVariables } from './relay-variables.ts'

/** Pages on this machine, whatever serves them. */
const DEVELOPMENT_ORIGINS = ['http://localhost:*', 'http://127.0.0.1:*', 'http://[::1]:*']

const DEFAULT_DATA_DIR = 'data/gateway'

/** The variables, as README.md documents them. */
export const variables = {
  NODE_ENV: nodeEnv.default('development'),
  PORT: port.default(4000),
  HOST: z.string().optional(),
  ...relayVariables,
  ...authVariables,
  ...interopVariables,
  LOG_LEVEL: logLevel.default('info'),
  EXIT_WITH_PARENT: booleanFlag.default(false),
}

type Variables = z.output<z.ZodObject<typeof variables>>

/** What is wrong with the variables together, by the variable to change. */
function* problemsOf(env: Variables): Iterable<[name: keyof Variables, problem: string]> {
  const production = env.NODE_ENV === 'production'
  const tokenProblem = internalTokenProblem(env.CONTROL_PLANE_INTERNAL_TOKEN, production)
  if (tokenProblem !== null) yield ['CONTROL_PLANE_INTERNAL_TOKEN', tokenProblem]
  if (production && env.GATEWAY_JWT_SECRET === undefined && env.GATEWAY_JWT_KEYS_FILE === undefined) {
    yield ['GATEWAY_JWT_SECRET', 'is required in production']
  }
  if (production && !env.INTERNAL_SECRET.every(isLong)) {
    yield ['INTERNAL_SECRET', `must have at least ${MIN_SECRET_BYTES} bytes in production`]
  }
  if (production && env.INTEROP_AUTH?.includes('dev')) {
    yield ['INTEROP_AUTH', 'dev lets everybody in, and is refused in production']
  }
  if (env.INTEROP_AUTH?.includes('oidc')) {
    if (env.INTEROP_OIDC_ISSUER === undefined) {
      yield ['INTEROP_OIDC_ISSUER', 'is required with INTEROP_AUTH=oidc']
    } else if (!isIssuer(new URL(env.INTEROP_OIDC_ISSUER), production)) {
      yield ['INTEROP_OIDC_ISSUER', 'must be an https: URL, or outside production http: on this machine']
    }
    if (env.INTEROP_OIDC_AUDIENCE === undefined) {
      yield ['INTEROP_OIDC_AUDIENCE', 'is required with INTEROP_AUTH=oidc']
    }
  }
  if (env.AUTH_STORE === 'nats' && env.NATS_URL === undefined) yield ['AUTH_STORE', 'nats needs NATS_URL']
  if (env.AUTH_STORE === 'postgres' && env.AUTH_DATABASE_URL === undefined) {
    yield ['AUTH_STORE', 'postgres needs AUTH_DATABASE_URL']
  }
}

/** Whether a provider may be there. */
function isIssuer({ protocol, hostname }: URL, production: boolean): boolean {
  return protocol === 'https:' || (!production && /^(?:localhost|127\.0\.0\.1|\[::1\])$/.test(hostname))
}

/** The environment of the process, checked and completed. */
export const environmentSchema = z
  .object(variables)
  .superRefine((env, context) => {
    for (const [name, message] of problemsOf(env)) context.addIssue({ code: 'custom', path: [name], message })
  })
  .transform((read) => {
    const {
      NODE_ENV,
      HOST,
      CONTROL_PLANE_URL,
      CONTROL_PLANE_INTERNAL_TOKEN,
      ALLOWED_ORIGINS,
      DATA_DIR,
      ...env
    } = read
    const production = NODE_ENV === 'production'
    return {
      ...env,
      production,
      HOST: HOST ?? defaultHost(production),
      CONTROL_PLANE_URL: CONTROL_PLANE_URL ?? 'http://localhost:3000',
      isControlPlaneChosen: CONTROL_PLANE_URL !== undefined,
      internalToken: CONTROL_PLANE_INTERNAL_TOKEN ?? DEVELOPMENT_INTERNAL_TOKEN,
      // In production a page must come from the host that it connects to, unless listed.
      allowedOrigins: ALLOWED_ORIGINS ?? (production ? undefined : DEVELOPMENT_ORIGINS),
      // Strangers do not become clients by themselves, unless somebody decided so.
      AUTH_REGISTRATION: env.AUTH_REGISTRATION ?? (production ? 'token' : 'open'),
      INTEROP_AUTH: env.INTEROP_AUTH ?? (production ? (['machine'] as const) : (['dev', 'machine'] as const)),
      AUTH_STORE: env.AUTH_STORE ?? defaultStore(env),
      DATA_DIR: DATA_DIR ?? DEFAULT_DATA_DIR,
      isDataDirChosen: DATA_DIR !== undefined,
    }
  })

/** The most that is there: a database before NATS, and a directory where there is neither. */
function defaultStore(env: Pick<Variables, 'AUTH_DATABASE_URL' | 'NATS_URL'>): 'file' | 'nats' | 'postgres' {
  if (env.AUTH_DATABASE_URL !== undefined) return 'postgres'
  return env.NATS_URL === undefined ? 'file' : 'nats'
}

/** What {@link environmentSchema} makes of the variables. */
export type Environment = z.output<typeof environmentSchema>
