import { encodeDeadLetter, TransportError } from '@portcullis/transport'
import type { WorkerError } from '../errors.ts'
import type { WorkerSettings } from '../options.ts'
import type { HeldMessage } from './task.ts'
import { wait } from './wait.ts'

const RETRY_MS = 1000

/**
 * Copies a message to the dead letters, however long that takes: acknowledging it before would lose it. Of a message
 * that is too large for the engine once it is wrapped up, the beginning is kept.
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
  const { subject, sequence, messageId } = delivery
  const scope = { workspaceId, projectId }
  const parkedAt = Date.now()
  const { code, message } = reason
  let keptBytes = delivery.payload.length
  while (!stop.aborted) {
    const isWhole = keptBytes === delivery.payload.length
    const payload = encodeDeadLetter({
      scope,
      actor,
      subject,
      sequence,
      messageId,
      attempts,
      reason: { code, message: message.slice(0, 1000) },
      parkedAt,
      payload: delivery.payload.subarray(0, keptBytes),
      ...(isWhole ? {} : { payloadBytes: delivery.payload.length }),
    })
    try {
      await transport.publishDeadLetter({ scope, actor, payload, messageId: `dlq/${messageId}/${sequence}` })
      logger.error({ actor, sequence, attempts, code, isWhole }, 'parked a message')
      return true
    } catch (error) {
      if (TransportError.is(error) && error.code === 'ERR_TRANSPORT_TOO_LARGE' && keptBytes > 0) {
        keptBytes = Math.floor(keptBytes / 2)
        continue
      }
      logger.error({ err: error, actor, sequence }, 'parking a message failed')
      await wait(RETRY_MS, stop)
    }
  }
  return false
}
