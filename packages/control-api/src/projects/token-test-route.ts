import type { Api, ApiContext } from '../context.ts'
import { projectParams } from '../http/common-schemas.ts'
import { operation } from '../operation/operation.ts'
import { tokenTestRequestSchema, tokenTestSchema } from './token-test-schemas.ts'

/** `POST …/projects/{projectId}/token-test`. */
export async function tokenTestRoute(app: Api, { registry }: ApiContext): Promise<void> {
  app.post(
    '/workspaces/:workspaceId/projects/:projectId/token-test',
    operation({
      operationId: 'testToken',
      summary: 'Try a token: which check passes, and which does not',
      description:
        'Looks at the token as a gateway would have it looked at. Nothing is opened, kept or logged.',
      tag: 'projects',
      role: 'viewer',
      params: projectParams,
      body: tokenTestRequestSchema,
      answer: [200, tokenTestSchema, 'What became of the token'],
    }),
    async (request) => registry.testToken({ ...request.params, ...request.body }),
  )
}
