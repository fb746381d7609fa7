import { callerOf } from '../access/access-hooks.ts'
import type { Api } from '../context.ts'
import { operation } from '../operation/operation.ts'
import { meOf, meSchema } from './me-schema.ts'

/** `GET /me`. */
export async function meRoute(app: Api): Promise<void> {
  app.get(
    '/me',
    operation({
      operationId: 'getMe',
      summary: 'Show whose credential this is, and what it may do',
      tag: 'session',
      role: 'signed-in',
      answer: [200, meSchema, 'The caller'],
    }),
    async (request) => meOf(callerOf(request)),
  )
}
