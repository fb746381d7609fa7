import { RegistryError } from '@portcullis/registry'
import type { ApiKeyRecord, ApiKeyRef, ShownApiKey } from '@portcullis/registry/postgres'
import type { z } from 'zod'
import { assertMayGive, changeOf } from '../access/access-hooks.ts'
import type { Api, ApiContext } from '../context.ts'
import { foreignIdSchema, pageQuery } from '../http/common-schemas.ts'
import { sendResource } from '../http/etag.ts'
import { type Created, createOnce } from '../http/idempotency.ts'
import { sendPage } from '../http/send-page.ts'
import { operation } from '../operation/operation.ts'
import { type Place, placeOf } from '../place/place.ts'
import { apiKeyOf, apiKeyPage, apiKeySchema, newApiKeySchema, shownApiKeySchema } from './api-key-schemas.ts'

/** The API keys of workspaces, and those of operators. */
export async function apiKeyRoutes(app: Api, context: ApiContext): Promise<void> {
  addRoutes(app, context, placeOf('/workspaces/:workspaceId/api-keys', 'api key'))
  addRoutes(app, context, placeOf('/operator-keys', 'operator key'))
}

function addRoutes(app: Api, context: ApiContext, place: Place): void {
  const { apiKeys } = context.store
  const { url, noun, title, reads, owns, workspaceIdOf } = place
  const tag = place.isOperators ? 'operators' : 'api-keys'
  const itemParams = place.params.extend({ keyId: foreignIdSchema })

  app.get(
    url,
    operation({
      operationId: `list${title}s`,
      summary: `List the ${noun}s`,
      tag,
      role: reads,
      params: place.params,
      query: pageQuery,
      answer: [200, apiKeyPage, `A page of ${noun}s, by id`],
      headers: ['link'],
    }),
    async (request, reply) =>
      sendPage(request, reply, await apiKeys.list(workspaceIdOf(request.params), request.query), apiKeyOf),
  )

  app.post(
    url,
    operation({
      operationId: `create${title}`,
      summary: `Make one ${noun}`,
      tag,
      role: owns,
      params: place.params,
      body: newApiKeySchema,
      answer: [201, shownApiKeySchema, 'The new key, which is shown this once'],
      headers: ['idempotency-key', 'location'],
    }),
    async (request, reply) =>
      createOnce(context, request, reply, async () => {
        const workspaceId = workspaceIdOf(request.params)
        const { expiresAt = null, name, role } = request.body
        assertMayGive(request, workspaceId, role)
        const expiresAtMs = expiresAt === null ? null : Date.parse(expiresAt)
        return shown(await apiKeys.create({ workspaceId, name, role, expiresAtMs }, changeOf(request)))
      }),
  )

  app.get(
    `${url}/:keyId`,
    operation({
      operationId: `get${title}`,
      summary: `Show one ${noun}, without the key itself`,
      tag,
      role: reads,
      params: itemParams,
      answer: [200, apiKeySchema, 'What is known of the key'],
      headers: ['if-none-match', 'etag'],
      refusals: [404],
    }),
    async (request, reply) => sendResource(request, reply, apiKeyOf(await existing(refOf(request.params)))),
  )

  app.delete(
    `${url}/:keyId`,
    operation({
      operationId: `revoke${title}`,
      summary: `Revoke one ${noun}`,
      tag,
      role: owns,
      params: itemParams,
      answer: [204, null, 'It is refused from then on, and the sessions of the console that it opened end'],
      refusals: [404, 409],
    }),
    async (request, reply) => {
      await apiKeys.revoke(refOf(request.params), changeOf(request))
      return reply.code(204).send()
    },
  )

  app.post(
    `${url}/:keyId/rotate`,
    operation({
      operationId: `rotate${title}`,
      summary: `Put another key in the place of one ${noun}`,
      description: 'Id, name, role and expiry stay. The key before is refused from then on.',
      tag,
      role: owns,
      params: itemParams,
      answer: [201, shownApiKeySchema, 'The new key, which is shown this once'],
      headers: ['idempotency-key', 'location'],
      refusals: [404],
    }),
    async (request, reply) =>
      createOnce(context, request, reply, async () => {
        const ref = refOf(request.params)
        const { version, role } = await existing(ref)
        // Whoever rotates a key has it: it must not be a stronger one than their own.
        assertMayGive(request, ref.workspaceId, role)
        return shown(await apiKeys.rotate(ref, { ...changeOf(request), version }))
      }),
  )

  async function existing(ref: ApiKeyRef): Promise<ApiKeyRecord> {
    const record = await apiKeys.find(ref)
    if (record === null) throw new RegistryError('ERR_API_KEY_UNKNOWN', 'there is no such API key')
    return record
  }

  function shown({ record, key }: ShownApiKey): Created {
    return {
      body: { ...apiKeyOf(record), key },
      location: `${place.pathOf(record.workspaceId)}/${record.keyId}`,
    }
  }

  function refOf(params: z.output<typeof itemParams>): ApiKeyRef {
    return { workspaceId: workspaceIdOf(params), keyId: params.keyId }
  }
}
