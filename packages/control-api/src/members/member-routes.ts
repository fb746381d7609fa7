import { RegistryError } from '@portcullis/registry'
import type { z } from 'zod'
import { assertMayGive, changeOf } from '../access/access-hooks.ts'
import type { Api, ApiContext } from '../context.ts'
import { foreignIdSchema, pageQuery } from '../http/common-schemas.ts'
import { requiredIfMatch, sendResource } from '../http/etag.ts'
import { createOnce } from '../http/idempotency.ts'
import { sendPage } from '../http/send-page.ts'
import { operation } from '../operation/operation.ts'
import { type Place, placeOf } from '../place/place.ts'
import { memberChangesSchema, memberOf, memberPage, memberSchema, newMemberSchema } from './member-schemas.ts'

/** The members of workspaces, and operators, who are members of all of them. */
export async function memberRoutes(app: Api, context: ApiContext): Promise<void> {
  addRoutes(app, context, placeOf('/workspaces/:workspaceId/members', 'member'))
  addRoutes(app, context, placeOf('/operators', 'operator'))
}

function addRoutes(app: Api, context: ApiContext, place: Place): void {
  const { members } = context.store
  const { url, noun, title, reads, owns, workspaceIdOf } = place
  const tag = place.isOperators ? 'operators' : 'members'
  const itemParams = place.params.extend({ memberId: foreignIdSchema })

  app.get(
    url,
    operation({
      operationId: `list${title}s`,
      summary: `List the ${noun}s`,
      tag,
      role: reads,
      params: place.params,
      query: pageQuery,
      answer: [200, memberPage, `A page of ${noun}s, by subject`],
      headers: ['link'],
    }),
    async (request, reply) =>
      sendPage(request, reply, await members.list(workspaceIdOf(request.params), request.query), memberOf),
  )

  app.post(
    url,
    operation({
      operationId: `create${title}`,
      summary: `Make somebody a ${noun}`.replace('a operator', 'an operator'),
      tag,
      role: owns,
      params: place.params,
      body: newMemberSchema,
      answer: [201, memberSchema, `The new ${noun}`],
      headers: ['idempotency-key', 'etag', 'location'],
    }),
    async (request, reply) =>
      createOnce(context, request, reply, async () => {
        const workspaceId = workspaceIdOf(request.params)
        assertMayGive(request, workspaceId, request.body.role)
        const record = await members.create({ ...request.body, workspaceId }, changeOf(request))
        return {
          body: memberOf(record),
          location: `${place.pathOf(workspaceId)}/${record.memberId}`,
          version: record.version,
        }
      }),
  )

  app.get(
    `${url}/:memberId`,
    operation({
      operationId: `get${title}`,
      summary: `Show one ${noun}`,
      tag,
      role: reads,
      params: itemParams,
      answer: [200, memberSchema, `The ${noun}`],
      headers: ['if-none-match', 'etag'],
      refusals: [404],
    }),
    async (request, reply) => {
      const record = await members.find(keyOf(request.params))
      if (record === null) throw new RegistryError('ERR_MEMBER_UNKNOWN', 'there is no such member')
      return sendResource(request, reply, memberOf(record), record.version)
    },
  )

  app.patch(
    `${url}/:memberId`,
    operation({
      operationId: `update${title}`,
      summary: `Change the role or name of one ${noun}`,
      tag,
      role: owns,
      params: itemParams,
      body: memberChangesSchema,
      answer: [200, memberSchema, `The ${noun} from then on`],
      headers: ['if-match', 'etag'],
      refusals: [404, 409],
    }),
    async (request, reply) => {
      const key = keyOf(request.params)
      if (request.body.role !== undefined) assertMayGive(request, key.workspaceId, request.body.role)
      const version = await requiredIfMatch(request, () => members.find(key))
      const record = await members.update(key, request.body, { ...changeOf(request), version })
      reply.header('etag', `"${record.version}"`)
      return memberOf(record)
    },
  )

  app.delete(
    `${url}/:memberId`,
    operation({
      operationId: `delete${title}`,
      summary: `Remove one ${noun}`,
      tag,
      role: owns,
      params: itemParams,
      answer: [204, null, 'The role is gone'],
      headers: ['if-match'],
      refusals: [404, 409],
    }),
    async (request, reply) => {
      const key = keyOf(request.params)
      const version = await requiredIfMatch(request, () => members.find(key))
      await members.delete(key, { ...changeOf(request), version })
      return reply.code(204).send()
    },
  )

  function keyOf(params: z.output<typeof itemParams>): { workspaceId: string | null; memberId: string } {
    return { workspaceId: workspaceIdOf(params), memberId: params.memberId }
  }
}
