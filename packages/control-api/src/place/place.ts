import { z } from 'zod'
import { idSchema } from '../http/common-schemas.ts'
import type { RouteRole } from '../operation/operation.ts'

/** Where a list of members or keys is: in a workspace, or with the operators. Both have the same routes. */
export interface Place {
  /** Below `/api`. */
  readonly url: string
  readonly isOperators: boolean
  readonly noun: string
  /** For the names of operations. */
  readonly title: string
  /** Who reads. */
  readonly reads: RouteRole
  /** Who changes. */
  readonly owns: RouteRole
  readonly params: z.ZodObject<{ workspaceId: z.ZodOptional<z.ZodString> }>
  /** Null for operators. */
  workspaceIdOf(params: { workspaceId?: string | undefined }): string | null
  pathOf(workspaceId: string | null): string
}

/**
 * @param url - below `/api`
 * @param noun - one of what is there
 */
export function placeOf(url: string, noun: string): Place {
  const isOperators = !url.includes(':workspaceId')
  const params = isOperators ? z.object({}) : z.object({ workspaceId: idSchema })
  return {
    url,
    isOperators,
    noun,
    title: noun
      .split(' ')
      .map((word) => `${word[0]?.toUpperCase() ?? ''}${word.slice(1)}`)
      .join(''),
    reads: isOperators ? 'operator:viewer' : 'viewer',
    owns: isOperators ? 'operator:owner' : 'owner',
    params: params as never,
    workspaceIdOf: ({ workspaceId }) => (isOperators ? null : (workspaceId ?? '')),
    pathOf: (workspaceId) => `/api${url.replace(':workspaceId', workspaceId ?? '')}`,
  }
}
