import { WorkerError } from '../errors.ts'
import type { WorkerSettings } from '../options.ts'

/**
 * Whether a message that failed is tried again (undefined) or parked, and why.
 *
 * @param backlog messages waiting behind it; they use up the window that all ids of the actor type share
 */
export function verdict(
  failure: unknown,
  attempts: number,
  backlog: number,
  settings: Pick<WorkerSettings, 'maxAttempts' | 'maxBacklogPerId'>,
): WorkerError | undefined {
  if (WorkerError.is(failure) && (failure.code === 'envelope_invalid' || failure.code === 'worker_died')) {
    return failure
  }
  if (attempts >= settings.maxAttempts) {
    if (WorkerError.is(failure)) return failure
    const message =
      failure instanceof Error ? failure.message : 'the handler threw something that is no Error'
    return new WorkerError('handler_failed', message, { cause: failure })
  }
  if (backlog > settings.maxBacklogPerId) {
    return new WorkerError('backlog_full', `${backlog} messages wait behind it`, { cause: failure })
  }
  return undefined
}
