import type { ProjectKey } from '@portcullis/registry/postgres'
import { changeOf } from '../access/access-hooks.ts'
import type { Api, ApiContext } from '../context.ts'
import { foreignIdSchema, pageQuery, projectParams } from '../http/common-schemas.ts'
import { createOnce } from '../http/idempotency.ts'
import { sendPage } from '../http/send-page.ts'
import { operation } from '../operation/operation.ts'
import { projectUnknown } from './project-routes.ts'
import { blockedUserOf, blockedUserPage, blockedUserSchema, newBlockedUserSchema } from './project-schemas.ts'

const tag = 'blocked-users'
const URL = '/workspaces/:workspaceId/projects/:projectId/blocked-users'

/** `…/projects/{projectId}/blocked-users`. */
export async function blockedUserRoutes(app: Api, context: ApiContext): Promise<void> {
  const { blockedUsers, projects } = context.store

  app.get(
    URL,
    operation({
      operationId: 'listBlockedUsers',
      summary: 'List the users who may not enter a project',
      tag,
      role: 'viewer',
      params: projectParams,
      query: pageQuery,
      answer: [200, blockedUserPage, 'A page of users, newest first'],
      headers: ['link'],
    }),
    async (request, reply) => {
      await assertProject(request.params)
      return sendPage(request, reply, await blockedUsers.list(request.params, request.query), blockedUserOf)
    },
  )

  app.post(
    URL,
    operation({
      operationId: 'blockUser',
      summary: 'Keep a user out of a project, and close the sessions of that user',
      tag,
      role: 'admin',
      params: projectParams,
      body: newBlockedUserSchema,
      answer: [201, blockedUserSchema, 'The user is blocked'],
      headers: ['idempotency-key', 'location'],
    }),
    async (request, reply) =>
      createOnce(context, request, reply, async () => {
        const { workspaceId, projectId } = request.params
        const record = await blockedUsers.add({ ...request.params, ...request.body }, changeOf(request))
        const path = `/api/workspaces/${workspaceId}/projects/${projectId}/blocked-users`
        return { body: blockedUserOf(record), location: `${path}/${encodeURIComponent(record.userId)}` }
      }),
  )

  app.delete(
    `${URL}/:userId`,
    operation({
      operationId: 'unblockUser',
      summary: 'Let a user in again',
      tag,
      role: 'admin',
      params: projectParams.extend({ userId: foreignIdSchema }),
      answer: [204, null, 'The user is blocked no longer'],
    }),
    async (request, reply) => {
      const { userId, ...key } = request.params
      await blockedUsers.remove(key, userId, changeOf(request))
      return reply.code(204).send()
    },
  )

  async function assertProject(key: ProjectKey): Promise<void> {
    if ((await projects.find(key)) === null) throw projectUnknown()
  }
}
