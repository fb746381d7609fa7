import { z } from 'zod'
import { component, note } from '../document/schemas.ts'

/** Media type of {@link problemSchema}. */
export const PROBLEM_TYPE = 'application/problem+json'

const issueSchema = z.object({
  in: z.enum(['body', 'query', 'path', 'headers']),
  path: note(z.string(), 'Members between dots; empty for the whole', 'auth.issuer'),
  message: z.string(),
})

/** A refusal. @see RFC 9457 */
export const problemSchema: z.ZodType<Problem> = component(
  'Problem',
  z.object({
    type: z.string(),
    title: note(z.string(), 'The text of the status'),
    status: z.int(),
    detail: note(z.string(), 'One sentence for people'),
    code: note(z.string(), 'What programs tell refusals apart by'),
    instance: note(z.string(), 'The path of the request'),
    errors: note(z.array(issueSchema).optional(), 'Where a malformed request is wrong'),
  }),
  {
    examples: [
      {
        type: 'about:blank',
        title: 'Not Found',
        status: 404,
        detail: 'there is no such workspace',
        code: 'ERR_WORKSPACE_UNKNOWN',
        instance: '/api/workspaces/acme',
      },
    ],
  },
)

/** One place of a request that is wrong. */
export interface ProblemIssue {
  in: 'body' | 'query' | 'path' | 'headers'
  /** Members between dots. */
  path: string
  message: string
}

/** The one shape of every refusal. @see RFC 9457 §3 */
export interface Problem {
  /** `about:blank`: the title is that of the status, and `code` says more. */
  type: string
  title: string
  status: number
  detail: string
  code: string
  instance: string
  errors?: ProblemIssue[] | undefined
}
