import { z } from 'zod'
import type { Api } from '../context.ts'
import { operation } from '../operation/operation.ts'

/** `GET /openapi.json`. */
export async function documentRoute(app: Api): Promise<void> {
  app.get(
    '/openapi.json',
    operation({
      operationId: 'getDocument',
      summary: 'Show this document',
      tag: 'document',
      role: 'public',
      answer: [200, z.looseObject({ openapi: z.string() }), 'OpenAPI 3.1'],
    }),
    async (_request, reply) => reply.header('cache-control', 'no-cache').send(app.swagger()),
  )
}
