import { constants } from 'node:os'
import { describeError } from '../log/describe-error.ts'
import { describeStartFailure } from './describe-start-failure.ts'
import { watchAncestors } from './watch-ancestors.ts'

/** Options of {@link runService}. */
export interface ServiceOptions<Running> {
  /** Begins every line that is printed about the service. */
  name: string
  /**
   * Starts the service and resolves when it serves. The signal aborts when the process is asked to stop before that;
   * a `start` that ignores it is stopped as soon as it has resolved.
   */
  start: (signal: AbortSignal) => Promise<Running>
  /** Stops it: takes no more work, finishes what it has, releases everything. */
  stop: (running: Running) => Promise<void>
  /** Longest graceful stop before the process exits anyway, milliseconds. @defaultValue 30000 */
  graceMs?: number | undefined
  /** Stops when an ancestor process ends; for development, where a runner stands in between. @defaultValue false */
  exitWithParent?: boolean | undefined
}

const SIGNALS = ['SIGINT', 'SIGTERM', 'SIGHUP'] as const

/**
 * Runs a service for the life of the process, and ends the process.
 *
 * - SIGINT, SIGTERM, SIGHUP: one graceful stop, exit 0. A second signal exits at once with 128 + its number.
 * - A stop that fails, or takes longer than `graceMs`: exit 1.
 * - A start that fails: one line on stderr, exit 1.
 * - An uncaught exception or unhandled rejection: logged, exit 1, because nothing is known about the state any more.
 */
export function runService<Running>(options: ServiceOptions<Running>): void {
  const { name, graceMs = 30_000 } = options
  if (!Number.isInteger(graceMs) || graceMs < 1)
    throw new TypeError('"graceMs" must be an integer of at least 1')
  const aborter = new AbortController()
  const say = (text: string): boolean => process.stderr.write(`${name}: ${text}\n`)

  process.on('uncaughtException', (error, origin) => {
    const { type, message, stack } = describeError(error)
    say(`${origin}: ${stack === '' ? `${type}: ${message}` : stack}`)
    process.exit(1)
  })
  // Node hands an unhandled rejection to the same listener, unless its default was changed on the command line.

  // A runner that died takes our pipes along; that must not cut a graceful stop short.
  for (const stream of [process.stdout, process.stderr]) stream.on('error', () => undefined)

  async function stop(): Promise<never> {
    aborter.abort()
    // Keeps the process alive: a stop that waits for nothing would otherwise look like a clean end.
    setTimeout(() => {
      say(`did not stop within ${graceMs} ms`)
      process.exit(1)
    }, graceMs)
    try {
      await options.stop(await started)
    } catch (error) {
      say(`did not stop cleanly: ${describeError(error).message}`)
      return process.exit(1)
    }
    return process.exit(0)
  }

  // Before the start, whose first step may already take a while.
  for (const signal of SIGNALS) {
    process.on(signal, () => {
      if (aborter.signal.aborted) process.exit(128 + constants.signals[signal])
      void stop()
    })
  }

  const started = (async () => options.start(aborter.signal))().catch((error: unknown) => {
    if (aborter.signal.aborted) return process.exit(0)
    say(`cannot start: ${describeStartFailure(error)}`)
    return process.exit(1)
  })

  if (options.exitWithParent === true) {
    watchAncestors(() => {
      if (!aborter.signal.aborted) void stop()
    })
  }
}
