import { setTimeout as sleep } from 'node:timers/promises'
import type { LogTail } from './log-tail.ts'

const POLL_MS = 50
const ONE_REQUEST_MS = 2000

/**
 * Resolves once `sign` shows: a URL that answers 2xx, or a line in the output. Rejects with the reason of `ended` when
 * that comes first, or with an error of its own after `timeoutMs`.
 */
export async function waitUntilReady(
  sign: string | URL | RegExp,
  log: LogTail,
  ended: AbortSignal,
  timeoutMs: number,
): Promise<void> {
  const timeout = AbortSignal.timeout(timeoutMs)
  const either = AbortSignal.any([ended, timeout])
  try {
    if (sign instanceof RegExp) await log.waitFor(sign, either)
    else await poll(sign, either)
  } catch (error) {
    if (ended.aborted) throw ended.reason
    if (!timeout.aborted) throw error
    throw new Error(`not ready within ${timeoutMs} ms (${sign}); its output:\n${log.text().slice(-4096)}`, {
      cause: error,
    })
  }
}

async function poll(url: string | URL, signal: AbortSignal): Promise<void> {
  for (;;) {
    const answered = await fetch(url, {
      signal: AbortSignal.any([signal, AbortSignal.timeout(ONE_REQUEST_MS)]),
    })
      .then(async (response) => {
        await response.body?.cancel()
        return response.ok
      })
      // Refused or reset while the process boots; the outer signal bounds how often.
      .catch(() => false)
    if (answered) return
    await sleep(POLL_MS, undefined, { signal })
  }
}
