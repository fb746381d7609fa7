import {
  booleanFlag,
  defaultHost,
  DEVELOPMENT_INTERNAL_TOKEN,
  internalTokenProblem,
  internalTokens,
  logLevel,
  nodeEnv,
  port,
} from '@portcullis/app'
import { z } from 'zod'

/** The variables, as README.md documents them. */
export const variables = {
  NODE_ENV: nodeEnv.default('development'),
  PORT: port.default(3000),
  HOST: z.string().optional(),
  CONTROL_PLANE_INTERNAL_TOKEN: internalTokens.optional(),
  PROJECTS_FILE: z.string().optional(),
  JWKS_EGRESS: z.enum(['public', 'any'], 'must be public or any').optional(),
  LOG_LEVEL: logLevel.default('info'),
  EXIT_WITH_PARENT: booleanFlag.default(false),
}

/** The environment of the process, checked and completed. */
export const environmentSchema = z
  .object(variables)
  .superRefine(({ NODE_ENV, CONTROL_PLANE_INTERNAL_TOKEN }, context) => {
    const problem = internalTokenProblem(CONTROL_PLANE_INTERNAL_TOKEN, NODE_ENV === 'production')
    if (problem !== null) {
      context.addIssue({ code: 'custom', path: ['CONTROL_PLANE_INTERNAL_TOKEN'], message: problem })
    }
  })
  .transform(({ NODE_ENV, HOST, CONTROL_PLANE_INTERNAL_TOKEN, ...env }) => {
    const production = NODE_ENV === 'production'
    return {
      ...env,
      production,
      HOST: HOST ?? defaultHost(production),
      // A project's key URL must not become a way into the network that the control plane stands in.
      JWKS_EGRESS: env.JWKS_EGRESS ?? (production ? 'public' : 'any'),
      internalTokens: CONTROL_PLANE_INTERNAL_TOKEN ?? [DEVELOPMENT_INTERNAL_TOKEN],
    }
  })

/** What {@link environmentSchema} makes of the variables. */
export type Environment = z.output<typeof environmentSchema>
