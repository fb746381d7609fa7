import { WorkerError } from '../errors.ts'

/**
 * Runs a handler once, no longer than allowed. The handler's signal is aborted when its time is over or `stop` is; a
 * handler that ignores it goes on unobserved.
 *
 * @throws WorkerError `handler_timeout` or whatever the handler threw
 */
export async function attempt(
  run: (signal: AbortSignal) => Promise<void>,
  timeoutMs: number,
  stop: AbortSignal,
): Promise<void> {
  const controller = new AbortController()
  const onStop = () => controller.abort(stop.reason)
  stop.addEventListener('abort', onStop, { once: true })
  let timer: NodeJS.Timeout | undefined
  const timeout = new Promise<never>((_resolve, reject) => {
    timer = setTimeout(() => {
      const error = new WorkerError('handler_timeout', `the handler did not finish in ${timeoutMs} ms`)
      controller.abort(error)
      reject(error)
    }, timeoutMs)
  })
  const running = run(controller.signal)
  // When the timeout wins, a later rejection has nobody left to hear it.
  running.catch(() => undefined)
  try {
    await Promise.race([running, timeout])
  } finally {
    clearTimeout(timer)
    stop.removeEventListener('abort', onStop)
  }
}
