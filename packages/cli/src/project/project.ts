import { z } from 'zod'

const textOrList = z.union([z.string(), z.array(z.string())]).optional()

/** How clients of a project prove who they are, as the API shows it: secrets by their ids. */
export interface ProjectAuth {
  readonly mode: string
  readonly jwksUrl?: string | undefined
  readonly discovery?: boolean | undefined
  readonly issuer?: string | readonly string[] | undefined
  readonly audience?: string | readonly string[] | undefined
  readonly algorithms?: readonly string[] | undefined
  readonly namespaces?: readonly string[] | undefined
  readonly secrets?:
    | readonly { readonly secretId: string; readonly createdAt?: string | undefined }[]
    | undefined
}

/** A project as the API shows it. */
export interface Project {
  readonly workspaceId: string
  readonly projectId: string
  readonly name?: string | null | undefined
  readonly hosts: readonly string[]
  readonly auth: ProjectAuth
  readonly limits: Readonly<Record<string, number>>
  readonly createdAt?: string | null | undefined
  readonly updatedAt?: string | null | undefined
}

const authSchema: z.ZodType<ProjectAuth> = z.looseObject({
  mode: z.string(),
  jwksUrl: z.string().optional(),
  discovery: z.boolean().optional(),
  issuer: textOrList,
  audience: textOrList,
  algorithms: z.array(z.string()).optional(),
  namespaces: z.array(z.string()).optional(),
  secrets: z.array(z.looseObject({ secretId: z.string(), createdAt: z.string().optional() })).optional(),
})

/** Reads a {@link Project}; what else there is stays with it. */
export const projectSchema: z.ZodType<Project> = z.looseObject({
  workspaceId: z.string(),
  projectId: z.string(),
  name: z.string().nullish(),
  hosts: z.array(z.string()),
  auth: authSchema,
  limits: z.record(z.string(), z.number()).default({}),
  createdAt: z.string().nullish(),
  updatedAt: z.string().nullish(),
})

/** A text, a list of them, or nothing, as a list. */
export function asList(value: string | readonly string[] | undefined): readonly string[] {
  if (value === undefined) return []
  return typeof value === 'string' ? [value] : value
}
