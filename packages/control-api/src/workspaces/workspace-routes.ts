import { RegistryError } from '@portcullis/registry'
import type { Page, PageRequest, WorkspaceRecord } from '@portcullis/registry/postgres'
import { callerOf, changeOf } from '../access/access-hooks.ts'
import type { Api, ApiContext } from '../context.ts'
import { ControlApiError } from '../errors.ts'
import { pageQuery, workspaceParams } from '../http/common-schemas.ts'
import { requiredIfMatch, sendResource } from '../http/etag.ts'
import { createOnce } from '../http/idempotency.ts'
import { sendPage } from '../http/send-page.ts'
import { operation } from '../operation/operation.ts'
import type { Principal } from '../principal/principal.ts'
import {
  newWorkspaceSchema,
  workspaceChangesSchema,
  workspaceOf,
  workspacePage,
  workspaceSchema,
} from './workspace-schemas.ts'

const tag = 'workspaces'

/** `/workspaces`. */
export async function workspaceRoutes(app: Api, context: ApiContext): Promise<void> {
  const { workspaces } = context.store

  app.get(
    '/workspaces',
    operation({
      operationId: 'listWorkspaces',
      summary: 'List the workspaces that the caller may see',
      tag,
      role: 'signed-in',
      query: pageQuery,
      answer: [200, workspacePage, 'A page of workspaces, by id'],
      headers: ['link'],
    }),
    async (request, reply) => {
      const principal = callerOf(request)
      const page =
        principal.operator === null
          ? await ownWorkspaces(context, principal, request.query)
          : await workspaces.list(request.query)
      return sendPage(request, reply, page, workspaceOf)
    },
  )

  app.post(
    '/workspaces',
    operation({
      operationId: 'createWorkspace',
      summary: 'Make a workspace',
      tag,
      role: 'operator:owner',
      body: newWorkspaceSchema,
      answer: [201, workspaceSchema, 'The new workspace'],
      headers: ['idempotency-key', 'etag', 'location'],
    }),
    async (request, reply) =>
      createOnce(context, request, reply, async () => {
        const record = await workspaces.create(request.body, changeOf(request))
        return {
          body: workspaceOf(record),
          location: `/api/workspaces/${record.workspaceId}`,
          version: record.version,
        }
      }),
  )

  app.get(
    '/workspaces/:workspaceId',
    operation({
      operationId: 'getWorkspace',
      summary: 'Show a workspace',
      tag,
      role: 'viewer',
      params: workspaceParams,
      answer: [200, workspaceSchema, 'The workspace'],
      headers: ['if-none-match', 'etag'],
    }),
    async (request, reply) => {
      const record = await workspaces.find(request.params.workspaceId)
      if (record === null) throw new RegistryError('ERR_WORKSPACE_UNKNOWN', 'there is no such workspace')
      return sendResource(request, reply, workspaceOf(record), record.version)
    },
  )

  app.patch(
    '/workspaces/:workspaceId',
    operation({
      operationId: 'updateWorkspace',
      summary: 'Change a workspace',
      tag,
      role: 'owner',
      params: workspaceParams,
      body: workspaceChangesSchema,
      answer: [200, workspaceSchema, 'The workspace as it is from then on'],
      headers: ['if-match', 'etag'],
    }),
    async (request, reply) => {
      const { workspaceId } = request.params
      const version = await requiredIfMatch(request, () => workspaces.find(workspaceId))
      const record = await workspaces.update(workspaceId, request.body, { ...changeOf(request), version })
      reply.header('etag', `"${record.version}"`)
      return workspaceOf(record)
    },
  )

  app.delete(
    '/workspaces/:workspaceId',
    operation({
      operationId: 'deleteWorkspace',
      summary: 'Remove a workspace that has no projects',
      tag,
      role: 'owner',
      params: workspaceParams,
      answer: [204, null, 'It is gone, and its members and keys with it'],
      headers: ['if-match'],
      refusals: [409],
    }),
    async (request, reply) => {
      const { workspaceId } = request.params
      const version = await requiredIfMatch(request, () => workspaces.find(workspaceId))
      await workspaces.delete(workspaceId, { ...changeOf(request), version })
      return reply.code(204).send()
    },
  )
}

/** A page of the workspaces that somebody is a member of. A cursor is that of the store: the id of the last one. */
async function ownWorkspaces(
  { store }: ApiContext,
  { memberships }: Principal,
  { limit = 50, after = null }: PageRequest,
): Promise<Page<WorkspaceRecord>> {
  const last = after === null ? '' : Buffer.from(after, 'base64url').toString('utf8')
  if (after !== null && (cursorOf(last) !== after || !/^[A-Za-z0-9_-]{1,64}$/.test(last))) {
    throw new ControlApiError('ERR_REQUEST_INVALID', 'the cursor is not valid')
  }
  const ids = [...memberships.keys()].filter((id) => id > last)
  const shown = ids.slice(0, limit)
  const found = await Promise.all(shown.map((id) => store.workspaces.find(id)))
  const end = shown.at(-1)
  return {
    // One may be gone by now.
    items: found.filter((record) => record !== null),
    next: ids.length > limit && end !== undefined ? cursorOf(end) : null,
  }
}

function cursorOf(id: string): string {
  return Buffer.from(id, 'utf8').toString('base64url')
}
