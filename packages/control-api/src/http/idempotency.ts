import { createHash } from 'node:crypto'
import type { FastifyReply, FastifyRequest } from 'fastify'
import { callerOf } from '../access/access-hooks.ts'
import type { ApiContext } from '../context.ts'
import { ControlApiError } from '../errors.ts'

/** What a creation answers with. */
export interface Created {
  body: unknown
  /** Path of what was made. */
  location?: string | undefined
  /** Its version. */
  version?: string | undefined
}

/** Longest answer that the store keeps, characters. */
const MAX_KEPT_LENGTH = 65_536
const KEY = /^[\x21-\x7e]{1,255}$/

/**
 * Answers 201 with what `create` makes. With `Idempotency-Key` once: whoever asks again with the same key gets the same answer,
 * within a day and as long as nobody else used it for another request. What was refused may be tried again.
 *
 * An answer that is too long to be kept is not: a second request is then answered on its own, such as with 409.
 *
 * @throws ControlApiError `ERR_REQUEST_INVALID` for a malformed key
 * @throws RegistryError `ERR_IDEMPOTENCY_RUNNING`, `ERR_IDEMPOTENCY_MISMATCH`, and what `create` throws
 */
export async function createOnce(
  { store }: Pick<ApiContext, 'store'>,
  request: FastifyRequest,
  reply: FastifyReply,
  create: () => Promise<Created>,
): Promise<FastifyReply> {
  const key = request.headers['idempotency-key']
  if (key === undefined) return sendCreated(reply, await create())
  if (typeof key !== 'string' || !KEY.test(key)) {
    throw new ControlApiError('ERR_REQUEST_INVALID', 'Idempotency-Key must be 1 to 255 visible characters')
  }
  const path = request.url.split('?', 1)[0] ?? ''
  const scope = `${callerOf(request).actor} ${request.method} ${path}`
  const start = await store.idempotency.begin(
    digest(scope),
    key,
    digest(JSON.stringify(request.body ?? null)),
  )
  if (start.state === 'completed') {
    reply.header('idempotency-replayed', 'true')
    return sendCreated(reply, JSON.parse(start.response) as Created)
  }
  let created: Created
  try {
    created = await create()
  } catch (error) {
    // Where that fails too the attempt counts as abandoned before long.
    await store.idempotency.abandon(start.attempt).catch(() => undefined)
    throw error
  }
  await keep(store.idempotency, start.attempt, created, request)
  return sendCreated(reply, created)
}

/** What was made is there, whatever becomes of the answer. */
async function keep(
  idempotency: ApiContext['store']['idempotency'],
  attempt: Parameters<typeof idempotency.abandon>[0],
  created: Created,
  request: FastifyRequest,
): Promise<void> {
  const response = JSON.stringify(created)
  try {
    if (response.length > MAX_KEPT_LENGTH) await idempotency.abandon(attempt)
    else await idempotency.complete(attempt, response)
  } catch (error) {
    request.log.warn({ err: error }, 'an answer could not be kept for its idempotency key')
  }
}

function sendCreated(reply: FastifyReply, { body, location, version }: Created): FastifyReply {
  if (location !== undefined) reply.header('location', location)
  if (version !== undefined) reply.header('etag', `"${version}"`)
  return reply.code(201).send(body)
}

/** Scopes and requests are as long as they like; secrets in them stay here. */
function digest(text: string): string {
  return createHash('sha256').update(text).digest('base64url')
}
