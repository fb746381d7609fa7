import { TOKEN_ALGORITHMS, MIN_SECRET_BYTES } from '@portcullis/auth-core'
import { z } from 'zod'
import { normalizeHost } from '../host/normalize-host.ts'
import type { Project } from './project.ts'

const id = z.string().regex(/^[A-Za-z0-9_-]{1,64}$/, 'must be 1 to 64 letters, digits, "_" or "-"')

const host = z.string().refine(isHost, 'must be a host name or an address')

const text = z.string().min(1).max(2048)
const textOrList = z.union([text, z.array(text).min(1).readonly()], 'must be a text or a list of texts')

const secret = z
  .string()
  .refine(
    (value) => Buffer.byteLength(value) >= MIN_SECRET_BYTES,
    `must have at least ${MIN_SECRET_BYTES} bytes`,
  )

const publicAlgorithms = TOKEN_ALGORITHMS.filter((name) => !name.startsWith('HS'))

const auth = z.discriminatedUnion(
  'mode',
  [
    z.strictObject({ mode: z.literal('none') }),
    z.strictObject({
      mode: z.literal('jwt-secret'),
      secret: z.union(
        [secret, z.array(secret).min(1).readonly()],
        `must be one or several secrets of at least ${MIN_SECRET_BYTES} bytes`,
      ),
      algorithms: z
        .array(z.enum(['HS256', 'HS384', 'HS512']))
        .min(1)
        .readonly()
        .optional(),
      issuer: textOrList.optional(),
      audience: textOrList.optional(),
    }),
    z.strictObject({
      mode: z.literal('jwt-jwks'),
      jwksUrl: z.url({ protocol: /^https?$/, error: 'must be an https: URL' }),
      issuer: textOrList,
      audience: textOrList,
      algorithms: z.array(z.enum(publicAlgorithms)).min(1).readonly().optional(),
    }),
  ],
  'mode must be "none", "jwt-secret" or "jwt-jwks"',
)

/** One project as it stands in a file. Unknown members are refused: a misspelt `audience` must not go unnoticed. */
export const projectSchema: z.ZodType<Project> = z.strictObject({
  workspaceId: id,
  projectId: id,
  hosts: z.array(host).min(1).max(1000).readonly(),
  auth,
}) as never

function isHost(value: string): boolean {
  try {
    normalizeHost(value)
    return true
  } catch {
    return false
  }
}
