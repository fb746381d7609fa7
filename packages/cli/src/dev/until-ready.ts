import { setTimeout as pause } from 'node:timers/promises'
import { CliError } from '../errors.ts'
import { ask } from '../http/ask.ts'
import type { Invocation } from '../invocation.ts'
import type { Child } from './child.ts'

const LOOK_EVERY_MS = 150
const ASK_TIMEOUT_MS = 2000

/**
 * Waits until an app answers that it is ready.
 *
 * @throws CliError `ERR_CLI_APP_ENDED` when it ends instead, or is not ready in time
 */
export async function untilReady(
  invocation: Invocation,
  child: Child,
  base: URL,
  timeoutMs: number,
  signal: AbortSignal,
): Promise<void> {
  const deadline = performance.now() + timeoutMs
  let hasEnded = false
  void child.exited.then(() => {
    hasEnded = true
  })
  while (!signal.aborted) {
    if (hasEnded)
      throw new CliError('ERR_CLI_APP_ENDED', `the ${child.name} did not start; its own words are above`)
    if (performance.now() > deadline) {
      throw new CliError('ERR_CLI_APP_ENDED', `the ${child.name} was not ready within ${timeoutMs / 1000} s`)
    }
    if (await isReady(invocation, base)) return
    await pause(LOOK_EVERY_MS)
  }
}

async function isReady(invocation: Invocation, base: URL): Promise<boolean> {
  try {
    const url = new URL('health/ready', base)
    return (await ask(invocation, { url, timeoutMs: ASK_TIMEOUT_MS })).status === 200
  } catch (error) {
    if (CliError.is(error)) return false
    throw error
  }
}
