import type { DeadLetterDetail } from '@portcullis/fleet'
import type { z } from 'zod'
import { recordAction } from '../audit-log/record-action.ts'
import type { Api, ApiContext } from '../context.ts'
import { ControlApiError } from '../errors.ts'
import { foreignIdSchema, idSchema, pageQuery, workspaceParams } from '../http/common-schemas.ts'
import { sendResource } from '../http/etag.ts'
import { sendPage } from '../http/send-page.ts'
import { operation } from '../operation/operation.ts'
import {
  deadLetterDetailOf,
  deadLetterDetailSchema,
  deadLetterOf,
  deadLetterPage,
} from './dead-letter-schemas.ts'

const tag = 'dead-letters'
const URL = '/workspaces/:workspaceId/dead-letters'
const itemParams = workspaceParams.extend({ id: foreignIdSchema })

/** `…/dead-letters`: messages that a worker gave up on. */
export async function deadLetterRoutes(app: Api, context: ApiContext): Promise<void> {
  const { fleet } = context
  const options = { timeoutMs: context.gatewayTimeoutMs }

  app.get(
    URL,
    operation({
      operationId: 'listDeadLetters',
      summary: 'List the messages that workers gave up on',
      tag,
      role: 'viewer',
      params: workspaceParams,
      query: pageQuery.extend({ projectId: idSchema.optional() }),
      answer: [200, deadLetterPage, 'A page of dead letters, newest first'],
      headers: ['link'],
      refusals: [502],
    }),
    async (request, reply) => {
      const { workspaceId } = request.params
      const page = await fleet.ask(null, 'dead-letters.list', { ...request.query, workspaceId }, options)
      // Gateways are asked for those of one workspace; that they answer with no other is looked at once more.
      const items = page.items.filter((item) => item.workspaceId === workspaceId)
      return sendPage(request, reply, { ...page, items }, deadLetterOf)
    },
  )

  app.get(
    `${URL}/:id`,
    operation({
      operationId: 'getDeadLetter',
      summary: 'Show a dead letter with its message',
      tag,
      role: 'viewer',
      params: itemParams,
      answer: [200, deadLetterDetailSchema, 'The dead letter'],
      headers: ['if-none-match', 'etag'],
      refusals: [502],
    }),
    async (request, reply) =>
      sendResource(request, reply, deadLetterDetailOf(await existing(request.params))),
  )

  app.post(
    `${URL}/:id/replay`,
    operation({
      operationId: 'replayDeadLetter',
      summary: 'Give the message to the workers again',
      description: 'At least once: the dead letter goes when its message is stored again.',
      tag,
      role: 'admin',
      params: itemParams,
      answer: [204, null, 'It is with the workers again'],
      refusals: [409, 502],
    }),
    async (request, reply) => {
      const item = await existing(request.params)
      const { workspaceId, id } = request.params
      const answer = await fleet.ask(null, 'dead-letters.replay', { workspaceId, id }, options)
      if (!answer.replayed && answer.reason === 'incomplete') {
        throw new ControlApiError('ERR_DEAD_LETTER_INCOMPLETE', 'only a part of the message was kept')
      }
      if (!answer.replayed) throw deadLetterUnknown()
      await record('dead_letter.replayed', item, request)
      return reply.code(204).send()
    },
  )

  app.delete(
    `${URL}/:id`,
    operation({
      operationId: 'dropDeadLetter',
      summary: 'Drop a dead letter for good',
      tag,
      role: 'admin',
      params: itemParams,
      answer: [204, null, 'It is gone'],
      refusals: [502],
    }),
    async (request, reply) => {
      const item = await existing(request.params)
      const { workspaceId, id } = request.params
      const { dropped } = await fleet.ask(null, 'dead-letters.drop', { workspaceId, id }, options)
      if (!dropped) throw deadLetterUnknown()
      await record('dead_letter.dropped', item, request)
      return reply.code(204).send()
    },
  )

  async function existing({ workspaceId, id }: z.output<typeof itemParams>): Promise<DeadLetterDetail> {
    const { item } = await fleet.ask(null, 'dead-letters.get', { workspaceId, id }, options)
    if (item === null || item.workspaceId !== workspaceId) throw deadLetterUnknown()
    return item
  }

  function record(
    action: 'dead_letter.replayed' | 'dead_letter.dropped',
    { workspaceId, projectId, id }: DeadLetterDetail,
    request: Parameters<typeof recordAction>[1],
  ): Promise<void> {
    return recordAction(context, request, { action, workspaceId, projectId, subjectId: id })
  }
}

function deadLetterUnknown(): ControlApiError {
  return new ControlApiError('ERR_DEAD_LETTER_UNKNOWN', 'there is no such dead letter')
}
