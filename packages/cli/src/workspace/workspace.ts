import { z } from 'zod'

/** A workspace as the API shows it. */
export interface Workspace {
  readonly workspaceId: string
  readonly name?: string | null | undefined
  readonly createdAt?: string | null | undefined
}

/** Reads a {@link Workspace}; what else there is stays with it. */
export const workspaceSchema: z.ZodType<Workspace> = z.looseObject({
  workspaceId: z.string(),
  name: z.string().nullish(),
  createdAt: z.string().nullish(),
})
