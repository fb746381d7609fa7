import type { FastifyInstance } from 'fastify'
import { createJsonSchemaTransform, createJsonSchemaTransformObject } from 'fastify-type-provider-zod'
import type { ApiContext } from '../context.ts'
import { completeDocument } from './complete-document.ts'
import { schemas } from './schemas.ts'

const TAGS = [
  { name: 'session', description: 'Signing in, and who is signed in' },
  { name: 'workspaces', description: 'Tenants: what projects and people belong to' },
  { name: 'members', description: 'Who may do what in a workspace' },
  { name: 'api-keys', description: 'Keys of programs that act in a workspace' },
  { name: 'projects', description: 'Hosts, and who may connect to them' },
  { name: 'blocked-users', description: 'Who may not' },
  { name: 'sessions', description: 'Who is connected' },
  { name: 'dead-letters', description: 'Messages that workers gave up on' },
  { name: 'metrics', description: 'Connections, messages and latency' },
  { name: 'audit-log', description: 'Who changed what' },
  { name: 'operators', description: 'Who may do what in all workspaces' },
  { name: 'gateways', description: 'The gateways that report' },
  { name: 'interop', description: 'Peers, methods and contexts' },
  { name: 'visibility', description: 'What the cluster may see' },
  { name: 'document', description: 'This document' },
]

const DESCRIPTION = `Errors are problem details (RFC 9457) with a \`code\`. What belongs to another tenant is answered like what is not there: 404.

\`x-portcullis-role\` says who may use an operation: \`public\`, \`signed-in\`, a role in the workspace of the path (\`viewer\`, \`admin\`, \`owner\`), or a role of an operator (\`operator:…\`), who has it in every workspace.

Changes of what has an \`ETag\` need \`If-Match\`. Creations take \`Idempotency-Key\`. Lists come in pages: \`limit\`, and \`after\` with \`next\` of the page before.`

/** Collects the routes of a scope for the document. Register it before them. */
export async function registerDocument(
  app: FastifyInstance,
  { version, cookie }: Pick<ApiContext, 'version' | 'cookie'>,
): Promise<void> {
  const transformObject = createJsonSchemaTransformObject({ schemaRegistry: schemas })
  await app.register(import('@fastify/swagger'), {
    openapi: {
      openapi: '3.1.0',
      info: { title: 'Portcullis control plane', version, description: DESCRIPTION },
      servers: [{ url: '/' }],
      tags: TAGS,
      components: {
        securitySchemes: {
          bearer: {
            type: 'http',
            scheme: 'bearer',
            description:
              'An API key (`pck_…`), an access token of a machine client, or an access token of the identity provider',
          },
          cookie: {
            type: 'apiKey',
            in: 'cookie',
            name: cookie.name,
            description: 'A session of the console',
          },
          csrfToken: {
            type: 'apiKey',
            in: 'header',
            name: 'X-CSRF-Token',
            description: 'With the cookie: `csrfToken` of `GET /api/session`',
          },
        },
      },
    },
    transform: createJsonSchemaTransform({ schemaRegistry: schemas }),
    transformObject: (document) => completeDocument(transformObject(document)) as never,
  })
}
