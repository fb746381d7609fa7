import { booleanFlag, commaList, logLevel, port } from '@portcullis/app'
import { z } from 'zod'

/**
 * What gateway and control plane agree on when nobody configured anything. It is public, so production refuses it.
 * The gateway's package has the same constant.
 */
export const DEVELOPMENT_INTERNAL_TOKEN = 'portcullis-internal-development-token'

const MIN_PRODUCTION_TOKEN_BYTES = 32

/** The variables, as README.md documents them. */
export const variables = {
  NODE_ENV: z
    .enum(['development', 'test', 'production'], 'must be development, test or production')
    .default('development'),
  PORT: port.default(3000),
  HOST: z.string().optional(),
  CONTROL_PLANE_INTERNAL_TOKEN: commaList
    .refine((tokens) => tokens.every(isToken), 'must be one or more bearer tokens')
    .optional(),
  PROJECTS_FILE: z.string().optional(),
  LOG_LEVEL: logLevel.default('info'),
  EXIT_WITH_PARENT: booleanFlag.default(false),
}

/** The environment of the process, checked and completed. */
export const environmentSchema = z
  .object(variables)
  .superRefine((env, context) => {
    const problem = internalTokenProblem(env)
    if (problem !== null) {
      context.addIssue({ code: 'custom', path: ['CONTROL_PLANE_INTERNAL_TOKEN'], message: problem })
    }
  })
  .transform(({ NODE_ENV, HOST, CONTROL_PLANE_INTERNAL_TOKEN, ...env }) => {
    const production = NODE_ENV === 'production'
    return {
      ...env,
      production,
      // Only production listens to strangers without being asked to.
      HOST: HOST ?? (production ? '0.0.0.0' : '127.0.0.1'),
      internalTokens: CONTROL_PLANE_INTERNAL_TOKEN ?? [DEVELOPMENT_INTERNAL_TOKEN],
    }
  })

/** What {@link environmentSchema} makes of the variables. */
export type Environment = z.output<typeof environmentSchema>

function internalTokenProblem(env: {
  NODE_ENV: string
  CONTROL_PLANE_INTERNAL_TOKEN?: string[] | undefined
}): string | null {
  const tokens = env.CONTROL_PLANE_INTERNAL_TOKEN
  if (tokens?.length === 0) return 'must name at least one token'
  if (env.NODE_ENV !== 'production') return null
  if (tokens === undefined) return 'is required in production'
  if (tokens.includes(DEVELOPMENT_INTERNAL_TOKEN)) return 'must not be the development token in production'
  return tokens.some((token) => Buffer.byteLength(token) < MIN_PRODUCTION_TOKEN_BYTES)
    ? `must have at least ${MIN_PRODUCTION_TOKEN_BYTES} bytes in production`
    : null
}

/** Of the characters that a bearer token may have (RFC 6750 §2.1). */
function isToken(token: string): boolean {
  return /^[A-Za-z0-9\-._~+/]+=*$/.test(token)
}
