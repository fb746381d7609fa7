import type {
  BlockedUserRecord,
  NewProject,
  ProjectChanges,
  ProjectRecord,
} from '@portcullis/registry/postgres'
import { TOKEN_ALGORITHMS } from '@portcullis/auth-core'
import { z } from 'zod'
import { component, note } from '../document/schemas.ts'
import { foreignIdSchema, idSchema, nameSchema, pageOf, timeSchema } from '../http/common-schemas.ts'
import { isoTime, withIsoTimes } from '../http/iso-time.ts'

const text = z.string().min(1).max(2048)
const textOrList = z.union([text, z.array(text).min(1).max(20)], 'must be a text or a list of texts')
const secretAlgorithms = z.array(z.enum(['HS256', 'HS384', 'HS512'])).min(1)
const publicAlgorithms = z.array(z.enum(TOKEN_ALGORITHMS.filter((name) => !name.startsWith('HS')))).min(1)
/** The registry says more about what a secret and a host may be; here they are bounded. */
const secretText = note(z.string().min(1).max(4096), 'At least 32 bytes; not to be read again')
const hosts = note(
  z.array(z.string().min(1).max(300)).min(1).max(1000),
  'Each belongs to one project; `*.example.com` stands for every name with exactly one more label',
  ['shop.example.com', '*.shop.example.com'],
)

const noAuth = z.strictObject({ mode: z.literal('none') })
const jwksAuth = z.strictObject({
  mode: z.literal('jwt-jwks'),
  jwksUrl: note(text.optional(), '`https:` URL of the key set; this or `discovery`'),
  discovery: note(z.literal(true).optional(), 'Finds the key set through the metadata of the issuer'),
  issuer: textOrList,
  audience: textOrList,
  algorithms: publicAlgorithms.optional(),
})
const machineAuth = z.strictObject({
  mode: z.literal('machine'),
  namespaces: z.array(idSchema).min(1).max(100),
})
const secretClaims = {
  algorithms: secretAlgorithms.optional(),
  issuer: textOrList.optional(),
  audience: textOrList.optional(),
}
const MODES = 'mode must be "none", "jwt-secret", "jwt-jwks" or "machine"'

const newAuth = component(
  'NewProjectAuth',
  z.discriminatedUnion(
    'mode',
    [
      noAuth,
      z.strictObject({
        mode: z.literal('jwt-secret'),
        secret: z.union([secretText, z.array(secretText).min(1).max(2)], 'must be one or two secrets'),
        ...secretClaims,
      }),
      jwksAuth,
      machineAuth,
    ],
    MODES,
  ),
  { description: 'How clients prove who they are' },
)

const changedAuth = component(
  'ProjectAuthChanges',
  z.discriminatedUnion(
    'mode',
    [
      noAuth,
      z.strictObject({
        mode: z.literal('jwt-secret'),
        secret: z
          .union([secretText, z.array(secretText).min(1).max(2)], 'must be one or two secrets')
          .optional(),
        ...secretClaims,
      }),
      jwksAuth,
      machineAuth,
    ],
    MODES,
  ),
  { description: 'Replaces what is there as a whole; `jwt-secret` without `secret` keeps the secrets' },
)

const atLeastOne = z.int().min(1).max(1_000_000_000)
const limits = component(
  'ProjectLimits',
  z.strictObject({
    maxConnections: note(atLeastOne.optional(), 'Open connections of the whole project'),
    messagesPerSecond: note(atLeastOne.optional(), 'Frames of one connection per second'),
    maxPayloadBytes: note(atLeastOne.optional(), 'Largest frame of a client'),
  }),
)

const secretView = component('ProjectSecret', z.object({ secretId: z.string(), createdAt: timeSchema }))

const authView = component(
  'ProjectAuth',
  z.discriminatedUnion('mode', [
    noAuth,
    z.object({ mode: z.literal('jwt-secret'), ...secretClaims, secrets: z.array(secretView) }),
    jwksAuth,
    machineAuth,
  ]),
  { description: 'How clients prove who they are; of secrets no more than that they are there' },
)

const EXAMPLE = {
  workspaceId: 'acme',
  projectId: 'shop',
  name: 'Shop',
  hosts: ['shop.example.com'],
  auth: { mode: 'jwt-jwks', discovery: true, issuer: 'https://id.example.com', audience: 'shop' },
  limits: { maxConnections: 1000 },
}

/** A project as it is shown. */
export const projectSchema: z.ZodType = component(
  'Project',
  z.object({
    workspaceId: idSchema,
    projectId: idSchema,
    name: z.string(),
    hosts: z.array(z.string()),
    auth: authView,
    limits,
    createdAt: timeSchema,
    updatedAt: timeSchema,
  }),
  {
    examples: [{ ...EXAMPLE, createdAt: '2026-01-31T12:00:00.000Z', updatedAt: '2026-01-31T12:00:00.000Z' }],
  },
)

export const projectPage: z.ZodType = pageOf('ProjectPage', projectSchema)

/** A project to be made. */
export const newProjectSchema: z.ZodType<Omit<NewProject, 'workspaceId'>> = component(
  'NewProject',
  z.strictObject({
    projectId: idSchema,
    name: note(nameSchema.optional(), 'The id where it is left out'),
    hosts,
    auth: newAuth,
    limits: limits.optional(),
  }),
  { examples: [(({ workspaceId: _workspaceId, ...rest }) => rest)(EXAMPLE)] },
) as never

/** What may change in a project. */
export const projectChangesSchema: z.ZodType<ProjectChanges> = component(
  'ProjectChanges',
  z.strictObject({
    name: nameSchema.optional(),
    hosts: hosts.optional(),
    auth: changedAuth.optional(),
    limits: note(limits.optional(), 'Replaces what is there as a whole'),
  }),
  { examples: [{ hosts: ['shop.example.com', 'shop.example.org'] }] },
) as never

/** A secret to be added. */
export const newSecretSchema: z.ZodType<{ secret?: string | undefined }> = component(
  'NewProjectSecret',
  z.strictObject({
    secret: note(
      secretText.optional(),
      'At least 32 bytes; without it 256 random bits are made, and shown once',
    ),
  }),
  { examples: [{}] },
)

/** A secret that was added. */
export const shownSecretSchema: z.ZodType<{
  secretId: string
  createdAt: string
  secret?: string | undefined
}> = component(
  'ShownProjectSecret',
  z.object({
    secretId: z.string(),
    createdAt: timeSchema,
    secret: note(z.string().optional(), 'Shown this once, when it was made here'),
  }),
)

/** A blocked user as it is shown. */
export const blockedUserSchema: z.ZodType<BlockedUser> = component(
  'BlockedUser',
  z.object({ userId: z.string(), reason: z.string().nullable(), blockedAt: timeSchema }),
  { examples: [{ userId: 'mallory', reason: 'spam', blockedAt: '2026-01-31T12:00:00.000Z' }] },
)

/** A blocked user as it is shown. */
export interface BlockedUser {
  userId: string
  reason: string | null
  blockedAt: string
}

export const blockedUserPage: z.ZodType = pageOf('BlockedUserPage', blockedUserSchema)

/** A user to be kept out. */
export const newBlockedUserSchema: z.ZodType<{ userId: string; reason?: string | undefined }> = component(
  'NewBlockedUser',
  z.strictObject({
    userId: note(foreignIdSchema, 'The `sub` of the user’s tokens'),
    reason: nameSchema.max(500).optional(),
  }),
  { examples: [{ userId: 'mallory', reason: 'spam' }] },
)

/** A record as it is shown. */
export function projectOf({ version: _version, ...record }: ProjectRecord): unknown {
  return withIsoTimes(record)
}

/** A record as it is shown. */
export function blockedUserOf({ userId, reason, createdAtMs }: BlockedUserRecord): BlockedUser {
  return { userId, reason, blockedAt: isoTime(createdAtMs) }
}
