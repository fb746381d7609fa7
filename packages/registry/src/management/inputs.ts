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
import type { Change, NewProject, NewWorkspace, ProjectChanges } from './managed-store.ts'

// Control characters and line separators would let a name forge the lines of a list.
const name = z
  .string()
  .min(1)
  .max(200)
  .regex(/^[^\p{Cc}\p{Zl}\p{Zp}\p{Cs}]*$/u, 'must have no control characters')

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
