import { encodeDeadLetter } from '@portcullis/transport'
import type { WorkerError } from '../errors.ts'
import type { WorkerSettings } from '../options.ts'
import type { HeldMessage } from './task.ts'
import { wait } from './wait.ts'

const RETRY_MS = 1000

/**
 * Copies a message to the dead letters, however long that takes: acknowledging it before would lose it.
 *
 * @returns false when `stop` was aborted first; the message then stays in the queue
 */
export async function park(
  settings: WorkerSettings,
  actor: string,
  task: HeldMessage,
  reason: WorkerError,
  stop: AbortSignal,
): Promise<boolean> {
  const { transport, workspaceId, projectId, logger } = settings
  const { delivery, attempts } = task
  const scope = { workspaceId, projectId }
  const payload = encodeDeadLetter({
    scope,
    actor,
    subject: delivery.subject,
    sequence: delivery.sequence,
    messageId: delivery.messageId,
    attempts,
    reason: { code: reason.code, message: reason.message },
    parkedAt: Date.now(),
    payload: delivery.payload,
  })
  while (!stop.aborted) {
    try {
      await transport.publishDeadLetter({ scope, actor, payload, messageId: `dlq/${delivery.messageId}` })
      logger.error({ actor, sequence: delivery.sequence, attempts, code: reason.code }, 'parked a message')
      return true
    } catch (error) {
      logger.error({ err: error, actor, sequence: delivery.sequence }, 'parking a message failed')
      await wait(RETRY_MS, stop)
    }
  }
  return false
}
