import { getEventListeners } from 'node:events'
import { constants } from 'node:os'
import { run } from './run.ts'

/** How long a command that was told to stop may take before the process ends all the same, milliseconds. */
const GRACE_MS = 120_000

/**
 * The program as a process: a signal ends it at once, unless a command wants to stop what it started first; then the second one
 * does. A reader of the output that went away is no error.
 */
export async function main(): Promise<void> {
  const { stdin, stdout, stderr, env } = process
  const stopped = new AbortController()
  for (const signal of ['SIGINT', 'SIGTERM', 'SIGHUP'] as const) {
    process.on(signal, () => {
      const isWaitedFor = getEventListeners(stopped.signal, 'abort').length > 0
      if (!isWaitedFor || stopped.signal.aborted) process.exit(128 + constants.signals[signal])
      stopped.abort(signal)
      setTimeout(() => process.exit(1), GRACE_MS).unref()
    })
  }
  for (const stream of [stdout, stderr]) {
    stream.on('error', (error: NodeJS.ErrnoException) => process.exit(error.code === 'EPIPE' ? 0 : 1))
  }
  const exitCode = await run(process.argv.slice(2), { stdin, stdout, stderr, env, signal: stopped.signal })
  // Both streams are empty before the process ends: pipes are written to in the background.
  stdout.write('', () => stderr.write('', () => process.exit(exitCode)))
}
