import { z } from 'zod'
import type { Api, ApiContext } from '../context.ts'
import { note } from '../document/schemas.ts'
import { idSchema, workspaceParams } from '../http/common-schemas.ts'
import { operation } from '../operation/operation.ts'
import { metricsSchema, pointOf } from './metrics-schemas.ts'

/** `GET …/metrics`. */
export async function metricsRoute(app: Api, { fleet }: ApiContext): Promise<void> {
  app.get(
    '/workspaces/:workspaceId/metrics',
    operation({
      operationId: 'getMetrics',
      summary: 'Show connections, messages and latency of the last minutes',
      tag: 'metrics',
      role: 'viewer',
      params: workspaceParams,
      query: z.strictObject({
        projectId: idSchema.optional(),
        minutes: note(z.coerce.number<string>().int().min(1).max(60).default(15), 'How far back'),
      }),
      answer: [200, metricsSchema, 'Points of a chart'],
    }),
    async (request) => {
      const { workspaceId } = request.params
      return { points: fleet.series({ ...request.query, workspaceId }).map(pointOf) }
    },
  )
}
