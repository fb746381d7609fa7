import { z } from 'zod'
import { commaList } from './variables.ts'

/** What gateway and control plane agree on when nobody configured anything. It is public, so production refuses it. */
export const DEVELOPMENT_INTERNAL_TOKEN = 'portcullis-internal-development-token'

const MIN_PRODUCTION_TOKEN_BYTES = 32

/** What one bearer token may look like (RFC 6750 section 2.1). */
const BEARER_TOKEN = /^[A-Za-z0-9\-._~+/]+=*$/

/** The token that a gateway presents to the control plane. */
export const internalToken: z.ZodType<string, string> = z
  .string()
  .regex(BEARER_TOKEN, 'must be one bearer token')

/** The tokens that the control plane accepts, with commas between them; more than one while they are rotated. */
export const internalTokens: z.ZodType<string[], string> = commaList
  .refine((tokens) => tokens.length > 0, 'must name at least one token')
  .refine((tokens) => tokens.every((token) => BEARER_TOKEN.test(token)), 'must be one or more bearer tokens')

/**
 * What keeps internal tokens from being used, as the message of a variable; null when nothing does. Production wants
 * them configured, at least 32 bytes long, and none of them {@link DEVELOPMENT_INTERNAL_TOKEN}.
 *
 * @param tokens - undefined when none is configured
 */
export function internalTokenProblem(
  tokens: string | readonly string[] | undefined,
  production: boolean,
): string | null {
  if (!production) return null
  if (tokens === undefined) return 'is required in production'
  const list = typeof tokens === 'string' ? [tokens] : tokens
  if (list.includes(DEVELOPMENT_INTERNAL_TOKEN)) return 'must not be the development token in production'
  return list.some((token) => Buffer.byteLength(token) < MIN_PRODUCTION_TOKEN_BYTES)
    ? `must have at least ${MIN_PRODUCTION_TOKEN_BYTES} bytes in production`
    : null
}
