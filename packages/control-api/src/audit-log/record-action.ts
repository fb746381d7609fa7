import type { RecordedChange } from '@portcullis/registry/postgres'
import type { FastifyRequest } from 'fastify'
import { changeOf } from '../access/access-hooks.ts'
import type { ApiContext } from '../context.ts'

/**
 * Writes what was done into the audit log. It is done by now: a log that cannot be written is told to the operator, and not to who
 * asked, who would do it again.
 */
export async function recordAction(
  { store }: ApiContext,
  request: FastifyRequest,
  action: RecordedChange,
): Promise<void> {
  const change = changeOf(request)
  try {
    await store.auditLog.record(action, change)
  } catch (error) {
    request.log.error({ err: error, ...action, ...change }, 'the audit log could not be written')
  }
}
