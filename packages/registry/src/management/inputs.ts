import { z } from 'zod'
import { RegistryError } from '../errors.ts'
import { describeIssue } from '../project/describe-issue.ts'
import {
  authSchema,
  changedAuthSchema,
  hostsSchema,
  idSchema,
  limitsSchema,
} from '../project/project-schema.ts'
import type { MemberChanges, NewApiKey, NewConsolePrincipal, NewMember } from './access.ts'
import type {
  Change,
  NewBlockedUser,
  NewProject,
  NewWorkspace,
  ProjectChanges,
  RecordedChange,
} from './managed-store.ts'
import { normalizeSubject } from './subject.ts'

// Control characters and line separators would let a name forge the lines of a list.
const line = z
  .string()
  .min(1)
  .regex(/^[^\p{Cc}\p{Zl}\p{Zp}\p{Cs}]*$/u, 'must have no control characters')
const name = line.max(200)

/** A workspace to be made. */
export const newWorkspaceSchema: z.ZodType<NewWorkspace> = z.strictObject({
  workspaceId: idSchema,
  name: name.optional(),
})

/** What may change in a workspace. */
export const workspaceChangesSchema: z.ZodType<{ name?: string | undefined }> = z.strictObject({
  name: name.optional(),
})

/** A project to be made. */
export const newProjectSchema: z.ZodType<NewProject> = z.strictObject({
  workspaceId: idSchema,
  projectId: idSchema,
  name: name.optional(),
  hosts: hostsSchema,
  auth: authSchema,
  limits: limitsSchema.optional(),
})

/** What may change in a project. */
export const projectChangesSchema: z.ZodType<ProjectChanges> = z.strictObject({
  name: name.optional(),
  hosts: hostsSchema.optional(),
  auth: changedAuthSchema.optional(),
  limits: limitsSchema.optional(),
})

const role = z.enum(['owner', 'admin', 'viewer'], 'must be "owner", "admin" or "viewer"')

const subject = z.string().transform((value, context) => {
  const normal = normalizeSubject(value)
  if (normal !== null) return normal
  context.addIssue(
    'must be "user:…", "email:…" with an address in ASCII, or "machine:…", of at most 512 characters',
  )
  return z.NEVER
})

/** A member to be made. */
export const newMemberSchema: z.ZodType<NewMember> = z.strictObject({
  workspaceId: idSchema.nullable(),
  subject,
  role,
  name: name.optional(),
})

/** What may change in a member. */
export const memberChangesSchema: z.ZodType<MemberChanges> = z.strictObject({
  role: role.optional(),
  name: name.optional(),
})

/** An API key to be made. */
export const newApiKeySchema: z.ZodType<NewApiKey> = z.strictObject({
  workspaceId: idSchema.nullable(),
  name,
  role,
  expiresAtMs: z
    .number()
    .int()
    .refine((value) => value > Date.now(), 'must be in the future')
    .nullish(),
})

/** What is said of an operator's first key. */
export const setupSchema: z.ZodType<{ name?: string | undefined }> = z.strictObject({ name: name.optional() })

/** Who signs in to the console. What else a key's record has is not kept. */
export const consolePrincipalSchema: z.ZodType<NewConsolePrincipal> = z.discriminatedUnion('kind', [
  z.strictObject({
    kind: z.literal('api-key'),
    key: z.object({ workspaceId: idSchema.nullable(), keyId: idSchema, version: line.max(64) }),
  }),
  z.strictObject({ kind: z.literal('person'), subjects: z.array(subject).min(1).max(20), name }),
])

/** Of a token's `sub`, whatever characters it has. */
export const userIdSchema: z.ZodType<string> = z.string().min(1).max(8192)

/** A user to be blocked. */
export const newBlockedUserSchema: z.ZodType<NewBlockedUser> = z.strictObject({
  workspaceId: idSchema,
  projectId: idSchema,
  userId: userIdSchema,
  reason: line.max(500).optional(),
})

/** Something that was done elsewhere. */
export const recordedChangeSchema: z.ZodType<RecordedChange> = z.strictObject({
  action: z.enum(['session.closed', 'dead_letter.replayed', 'dead_letter.dropped']),
  workspaceId: idSchema,
  projectId: idSchema,
  subjectId: line.max(256),
})

/** @throws RegistryError `ERR_REQUEST_INVALID` naming each place, never a value */
export function readInput<Output>(schema: z.ZodType<Output>, input: unknown): Output {
  const parsed = schema.safeParse(input)
  if (parsed.success) return parsed.data
  throw invalidRequest(parsed.error.issues.map(describeIssue).join('; '))
}

/** The error for input that does not fit. */
export function invalidRequest(message: string): RegistryError {
  return new RegistryError('ERR_REQUEST_INVALID', message)
}

/** @throws TypeError naming the member */
export function assertChange(change: Change): void {
  const { actor, requestId } = change ?? {}
  if (!isShortText(actor)) throw new TypeError('"actor" must be 1 to 256 characters')
  if (requestId !== undefined && !isShortText(requestId)) {
    throw new TypeError('"requestId" must be 1 to 256 characters')
  }
}

/** Whether a value can be the id of something that is stored. */
export function isId(value: unknown): value is string {
  return idSchema.safeParse(value).success
}

function isShortText(value: unknown): value is string {
  // PostgreSQL cannot store NUL in a text.
  return typeof value === 'string' && value.length >= 1 && value.length <= 256 && !value.includes('\0')
}
