import { RegistryError } from '@portcullis/registry'
import { changeOf } from '../access/access-hooks.ts'
import type { Api, ApiContext } from '../context.ts'
import { pageQuery, projectParams, workspaceParams } from '../http/common-schemas.ts'
import { requiredIfMatch, sendResource } from '../http/etag.ts'
import { createOnce } from '../http/idempotency.ts'
import { sendPage } from '../http/send-page.ts'
import { operation } from '../operation/operation.ts'
import {
  newProjectSchema,
  projectChangesSchema,
  projectOf,
  projectPage,
  projectSchema,
} from './project-schemas.ts'

const tag = 'projects'
const URL = '/workspaces/:workspaceId/projects'

/** `…/projects`. */
export async function projectRoutes(app: Api, context: ApiContext): Promise<void> {
  const { projects } = context.store

  app.get(
    URL,
    operation({
      operationId: 'listProjects',
      summary: 'List the projects of a workspace',
      tag,
      role: 'viewer',
      params: workspaceParams,
      query: pageQuery,
      answer: [200, projectPage, 'A page of projects, by id'],
      headers: ['link'],
    }),
    async (request, reply) =>
      sendPage(request, reply, await projects.list(request.params.workspaceId, request.query), projectOf),
  )

  app.post(
    URL,
    operation({
      operationId: 'createProject',
      summary: 'Make a project',
      tag,
      role: 'admin',
      params: workspaceParams,
      body: newProjectSchema,
      answer: [201, projectSchema, 'The new project'],
      headers: ['idempotency-key', 'etag', 'location'],
    }),
    async (request, reply) =>
      createOnce(context, request, reply, async () => {
        const { workspaceId } = request.params
        const record = await projects.create({ ...request.body, workspaceId }, changeOf(request))
        return {
          body: projectOf(record),
          location: `/api/workspaces/${workspaceId}/projects/${record.projectId}`,
          version: record.version,
        }
      }),
  )

  app.get(
    `${URL}/:projectId`,
    operation({
      operationId: 'getProject',
      summary: 'Show a project',
      tag,
      role: 'viewer',
      params: projectParams,
      answer: [200, projectSchema, 'The project'],
      headers: ['if-none-match', 'etag'],
    }),
    async (request, reply) => {
      const record = await projects.find(request.params)
      if (record === null) throw projectUnknown()
      return sendResource(request, reply, projectOf(record), record.version)
    },
  )

  app.patch(
    `${URL}/:projectId`,
    operation({
      operationId: 'updateProject',
      summary: 'Change a project',
      description:
        'Sessions that the change concerns are looked at again on every gateway: after another `auth` all of the project, after other `hosts` those under hosts that it lost.',
      tag,
      role: 'admin',
      params: projectParams,
      body: projectChangesSchema,
      answer: [200, projectSchema, 'The project as it is from then on'],
      headers: ['if-match', 'etag'],
      refusals: [409],
    }),
    async (request, reply) => {
      const key = request.params
      const version = await requiredIfMatch(request, () => projects.find(key))
      const record = await projects.update(key, request.body, { ...changeOf(request), version })
      reply.header('etag', `"${record.version}"`)
      return projectOf(record)
    },
  )

  app.delete(
    `${URL}/:projectId`,
    operation({
      operationId: 'deleteProject',
      summary: 'Remove a project and close its sessions',
      tag,
      role: 'admin',
      params: projectParams,
      answer: [204, null, 'It is gone'],
      headers: ['if-match'],
    }),
    async (request, reply) => {
      const key = request.params
      const version = await requiredIfMatch(request, () => projects.find(key))
      await projects.delete(key, { ...changeOf(request), version })
      return reply.code(204).send()
    },
  )
}

/** The error for a project that is not there, or that belongs to another workspace. */
export function projectUnknown(): RegistryError {
  return new RegistryError('ERR_PROJECT_UNKNOWN', 'there is no such project')
}
