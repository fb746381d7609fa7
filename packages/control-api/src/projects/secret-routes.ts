import { randomBytes } from 'node:crypto'
import { RegistryError } from '@portcullis/registry'
import type { ProjectKey, ProjectRecord } from '@portcullis/registry/postgres'
import type { FastifyRequest } from 'fastify'
import { changeOf } from '../access/access-hooks.ts'
import type { Api, ApiContext } from '../context.ts'
import { foreignIdSchema, projectParams } from '../http/common-schemas.ts'
import { ifMatch } from '../http/etag.ts'
import { createOnce } from '../http/idempotency.ts'
import { isoTime } from '../http/iso-time.ts'
import { operation } from '../operation/operation.ts'
import { projectUnknown } from './project-routes.ts'
import { newSecretSchema, shownSecretSchema } from './project-schemas.ts'

const tag = 'projects'
const URL = '/workspaces/:workspaceId/projects/:projectId/secrets'
const SECRET_BYTES = 32
/** How often a change is tried again that somebody else got in the way of. */
const MAX_TRIES = 3

/** `…/projects/{projectId}/secrets`: rotation of what tokens are signed with. */
export async function secretRoutes(app: Api, context: ApiContext): Promise<void> {
  const { projects } = context.store

  app.post(
    URL,
    operation({
      operationId: 'createProjectSecret',
      summary: 'Add a secret to a project of the mode jwt-secret',
      description:
        'From then on tokens of both are good; remove the old one when its last token has expired.',
      tag,
      role: 'admin',
      params: projectParams,
      body: newSecretSchema,
      answer: [201, shownSecretSchema, 'The new secret; shown this once when it was made here'],
      headers: ['if-match?', 'idempotency-key'],
    }),
    async (request, reply) =>
      createOnce(context, request, reply, async () => {
        const given = request.body.secret
        const secret = given ?? randomBytes(SECRET_BYTES).toString('base64url')
        const change = changeOf(request)
        const record = await changed(request, request.params, (version) =>
          projects.addSecret(request.params, secret, { ...change, version }),
        )
        const [added] = record.auth.mode === 'jwt-secret' ? record.auth.secrets : []
        if (added === undefined) throw new TypeError('a secret that was added is not there')
        const { secretId, createdAtMs } = added
        return {
          body: {
            secretId,
            createdAt: isoTime(createdAtMs),
            ...(given === undefined && { secret }),
          },
        }
      }),
  )

  app.delete(
    `${URL}/:secretId`,
    operation({
      operationId: 'deleteProjectSecret',
      summary: 'Remove a secret of a project',
      tag,
      role: 'admin',
      params: projectParams.extend({ secretId: foreignIdSchema }),
      answer: [204, null, 'Tokens that are signed with it are refused from then on'],
      headers: ['if-match?'],
      refusals: [409],
    }),
    async (request, reply) => {
      const { secretId, ...key } = request.params
      const change = changeOf(request)
      await changed(request, key, (version) => projects.removeSecret(key, secretId, { ...change, version }))
      return reply.code(204).send()
    },
  )

  /** Without `If-Match` the change is of whatever is there: secrets come and go one by one, and nobody's is overwritten. */
  async function changed(
    request: FastifyRequest,
    key: ProjectKey,
    run: (version: string) => Promise<ProjectRecord>,
  ): Promise<ProjectRecord> {
    const version = await ifMatch(request, () => projects.find(key))
    if (version !== undefined) return run(version)
    for (let tries = 1; ; tries += 1) {
      // oxlint-disable-next-line no-await-in-loop -- one after the other
      const current = await projects.find(key)
      if (current === null) throw projectUnknown()
      try {
        // oxlint-disable-next-line no-await-in-loop -- one after the other
        return await run(current.version)
      } catch (error) {
        const isRace = RegistryError.is(error) && error.code === 'ERR_VERSION_MISMATCH'
        if (!isRace || tries === MAX_TRIES) throw error
      }
    }
  }
}
