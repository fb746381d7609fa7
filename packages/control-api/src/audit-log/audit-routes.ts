import type { Api, ApiContext } from '../context.ts'
import { idSchema, pageQuery, workspaceParams } from '../http/common-schemas.ts'
import { sendPage } from '../http/send-page.ts'
import { operation } from '../operation/operation.ts'
import { auditEntryOf, auditPage } from './audit-schemas.ts'

const tag = 'audit-log'

/** `…/audit-log`, of a workspace and of everything. */
export async function auditRoutes(app: Api, { store }: ApiContext): Promise<void> {
  app.get(
    '/workspaces/:workspaceId/audit-log',
    operation({
      operationId: 'listWorkspaceAuditLog',
      summary: 'List what was changed in a workspace',
      tag,
      role: 'viewer',
      params: workspaceParams,
      query: pageQuery.extend({ projectId: idSchema.optional() }),
      answer: [200, auditPage, 'A page of changes, newest first'],
      headers: ['link'],
    }),
    async (request, reply) => {
      const { workspaceId } = request.params
      const { projectId, ...page } = request.query
      const filter = { ...page, workspaceId, ...(projectId !== undefined && { projectId }) }
      return sendPage(request, reply, await store.auditLog.list(filter), auditEntryOf)
    },
  )

  app.get(
    '/audit-log',
    operation({
      operationId: 'listAuditLog',
      summary: 'List what was changed anywhere',
      tag,
      role: 'operator:viewer',
      query: pageQuery,
      answer: [200, auditPage, 'A page of changes, newest first'],
      headers: ['link'],
    }),
    async (request, reply) =>
      sendPage(request, reply, await store.auditLog.list(request.query), auditEntryOf),
  )
}
