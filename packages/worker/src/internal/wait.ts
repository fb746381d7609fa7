import { LONGEST_TIMER_MS } from '../options.ts'

/** Waits, until `signal` is aborted at the latest. Never rejects. */
export async function wait(milliseconds: number, signal: AbortSignal): Promise<void> {
  if (signal.aborted) return
  await new Promise<void>((resolve) => {
    const done = () => {
      clearTimeout(timer)
      signal.removeEventListener('abort', done)
      resolve()
    }
    const timer = setTimeout(done, Math.min(milliseconds, LONGEST_TIMER_MS))
    signal.addEventListener('abort', done, { once: true })
  })
}
