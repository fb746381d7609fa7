import type { FleetViewSession } from '@portcullis/fleet'
import { z } from 'zod'
import { recordAction } from '../audit-log/record-action.ts'
import type { Api, ApiContext } from '../context.ts'
import { ControlApiError } from '../errors.ts'
import { foreignIdSchema, idSchema, pageQuery, workspaceParams } from '../http/common-schemas.ts'
import { fromCursor } from '../http/from-cursor.ts'
import { sendResource } from '../http/etag.ts'
import { sendPage } from '../http/send-page.ts'
import { operation } from '../operation/operation.ts'
import { liveSessionOf, liveSessionPage, liveSessionSchema } from './session-schemas.ts'

const tag = 'sessions'
const URL = '/workspaces/:workspaceId/sessions'
const itemParams = workspaceParams.extend({ sessionId: foreignIdSchema })

/** `…/sessions`: who is connected, on whichever gateway. */
export async function liveSessionRoutes(app: Api, context: ApiContext): Promise<void> {
  const { fleet, gatewayTimeoutMs } = context

  app.get(
    URL,
    operation({
      operationId: 'listSessions',
      summary: 'List the open sessions of a workspace',
      tag,
      role: 'viewer',
      params: workspaceParams,
      query: pageQuery.extend({
        projectId: idSchema.optional(),
        userId: z.string().min(1).max(512).optional(),
      }),
      answer: [200, liveSessionPage, 'A page of sessions, newest first'],
      headers: ['link'],
    }),
    async (request, reply) => {
      const { workspaceId } = request.params
      const page = fromCursor(() => fleet.sessions({ ...request.query, workspaceId }))
      return sendPage(request, reply, page, liveSessionOf)
    },
  )

  app.get(
    `${URL}/:sessionId`,
    operation({
      operationId: 'getSession',
      summary: 'Show an open session',
      tag,
      role: 'viewer',
      params: itemParams,
      answer: [200, liveSessionSchema, 'The session'],
      headers: ['if-none-match', 'etag'],
    }),
    async (request, reply) => sendResource(request, reply, liveSessionOf(existing(request.params))),
  )

  app.delete(
    `${URL}/:sessionId`,
    operation({
      operationId: 'closeSession',
      summary: 'Disconnect a session',
      description:
        'The client is told so and does not come back by itself. It may connect again: block the user to keep it out.',
      tag,
      role: 'admin',
      params: itemParams,
      answer: [204, null, 'It is closed'],
      refusals: [502],
    }),
    async (request, reply) => {
      const { gatewayId, sessionId, projectId } = existing(request.params)
      const { closed } = await fleet.ask(
        gatewayId,
        'session.close',
        { sessionId, reason: 'closed by an operator' },
        { timeoutMs: gatewayTimeoutMs },
      )
      if (!closed) throw sessionUnknown()
      await recordAction(context, request, {
        action: 'session.closed',
        workspaceId: request.params.workspaceId,
        projectId,
        subjectId: sessionId,
      })
      return reply.code(204).send()
    },
  )

  /** One of another workspace is as unknown as one that is not there. */
  function existing({ workspaceId, sessionId }: z.output<typeof itemParams>): FleetViewSession {
    const session = fleet.session(sessionId)
    if (session === null || session.workspaceId !== workspaceId) throw sessionUnknown()
    return session
  }
}

function sessionUnknown(): ControlApiError {
  return new ControlApiError('ERR_SESSION_UNKNOWN', 'there is no such session')
}
