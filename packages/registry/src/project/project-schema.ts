import { TOKEN_ALGORITHMS, MIN_SECRET_BYTES } from '@portcullis/auth-core'
import { z } from 'zod'
import { normalizeHostPattern } from '../host/host-pattern.ts'
import { asList } from './token-overlap.ts'
import type { Project, ProjectAuth, ProjectLimits, SecretAuth } from './project.ts'

/** A {@link ProjectAuth} of a change. */
export type ChangedAuth =
  | Exclude<ProjectAuth, SecretAuth>
  | (Omit<SecretAuth, 'secret'> & { readonly secret?: SecretAuth['secret'] | undefined })

/** An id of ours, as it stands in NATS subjects. */
export const idSchema: z.ZodType<string> = z
  .string()
  .regex(/^[A-Za-z0-9_-]{1,64}$/, 'must be 1 to 64 letters, digits, "_" or "-"')

const host = z.string().refine(isHost, 'must be a host name, "*." before one, or an address')

/** The hosts of one project. */
export const hostsSchema: z.ZodType<readonly string[]> = z.array(host).min(1).max(1000).readonly()

const text = z.string().min(1).max(2048)
const textOrList = z.union(
  [text, z.array(text).min(1).max(20).readonly()],
  'must be a text or a list of texts',
)

/** A secret that tokens are signed with. */
export const secretSchema: z.ZodType<string> = z
  .string()
  .max(4096)
  .refine(
    (value) => Buffer.byteLength(value) >= MIN_SECRET_BYTES,
    `must have at least ${MIN_SECRET_BYTES} bytes`,
  )
  // HMAC pads keys with NUL: these would be two spellings of one secret. @see RFC 2104 §2
  .refine((value) => !value.endsWith('\0'), 'must not end with a NUL character')
  // A public key that is taken for a secret would let in whoever has it.
  .refine((value) => !value.trimStart().startsWith('-----BEGIN'), 'must be a secret and not a PEM key')

const secrets = z.union(
  [secretSchema, z.array(secretSchema).min(1).readonly()],
  `must be one or several secrets of at least ${MIN_SECRET_BYTES} bytes`,
)

const publicAlgorithms = TOKEN_ALGORITHMS.filter((name) => !name.startsWith('HS'))

const noAuth = z.strictObject({ mode: z.literal('none') })

const secretMembers = {
  mode: z.literal('jwt-secret'),
  algorithms: z
    .array(z.enum(['HS256', 'HS384', 'HS512']))
    .min(1)
    .readonly()
    .optional(),
  issuer: textOrList.optional(),
  audience: textOrList.optional(),
}

const jwksAuth = z
  .strictObject({
    mode: z.literal('jwt-jwks'),
    jwksUrl: z
      .string()
      .max(2048)
      .refine(isKeyUrl, 'must be an https: URL without credentials, or an http: URL of this machine')
      .optional(),
    discovery: z.literal(true).optional(),
    issuer: textOrList,
    audience: textOrList,
    algorithms: z.array(z.enum(publicAlgorithms)).min(1).readonly().optional(),
  })
  .superRefine(({ jwksUrl, discovery, issuer }, context) => {
    const refuse = (path: string, message: string): void =>
      context.addIssue({ code: 'custom', path: [path], message })
    if ((jwksUrl === undefined) === (discovery === undefined)) {
      refuse('jwksUrl', 'exactly one of jwksUrl and discovery is needed')
    }
    if (discovery === true && !asList(issuer).every(isIssuerUrl)) {
      refuse('issuer', 'must be an https: URL without credentials, query and fragment for discovery')
    }
  })

const machineAuth = z.strictObject({
  mode: z.literal('machine'),
  namespaces: z.array(idSchema).min(1).max(100).readonly(),
})

const modes = 'mode must be "none", "jwt-secret", "jwt-jwks" or "machine"'

/** How clients prove who they are, secrets included. */
export const authSchema: z.ZodType<ProjectAuth> = z.discriminatedUnion(
  'mode',
  [noAuth, z.strictObject({ ...secretMembers, secret: secrets }), jwksAuth, machineAuth],
  modes,
) as never

/** {@link authSchema} of a change: a `jwt-secret` without `secret` keeps those that are there. */
export const changedAuthSchema: z.ZodType<ChangedAuth> = z.discriminatedUnion(
  'mode',
  [noAuth, z.strictObject({ ...secretMembers, secret: secrets.optional() }), jwksAuth, machineAuth],
  modes,
) as never

const atLeastOne = z.number().int().min(1).max(1_000_000_000)

/** What clients of a project may use. */
export const limitsSchema: z.ZodType<ProjectLimits> = z.strictObject({
  maxConnections: atLeastOne.optional(),
  messagesPerSecond: atLeastOne.optional(),
  maxPayloadBytes: atLeastOne.optional(),
})

/** One project as it stands in a file. Unknown members are refused: a misspelt `audience` must not go unnoticed. */
export const projectSchema: z.ZodType<Project> = z.strictObject({
  workspaceId: idSchema,
  projectId: idSchema,
  hosts: hostsSchema,
  auth: authSchema,
  limits: limitsSchema.optional(),
}) as never

/** What could never be downloaded from is refused when it is configured, and not when the first client comes. */
function isKeyUrl(value: string): boolean {
  if (!URL.canParse(value)) return false
  const { protocol, hostname, username, password } = new URL(value)
  if (username !== '' || password !== '') return false
  const isLoopback =
    hostname === 'localhost' || hostname === '[::1]' || /^127(?:\.\d{1,3}){3}$/.test(hostname)
  return protocol === 'https:' || (protocol === 'http:' && isLoopback)
}

/** @see RFC 8414 §2 */
function isIssuerUrl(value: string): boolean {
  return isKeyUrl(value) && !/[?#]/.test(value)
}

function isHost(value: string): boolean {
  try {
    normalizeHostPattern(value)
    return true
  } catch {
    return false
  }
}
