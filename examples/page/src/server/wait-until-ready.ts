import { setTimeout as sleep } from 'node:timers/promises'

const POLL_MS = 200
const REQUEST_TIMEOUT_MS = 2000

/** Resolves when the service at this URL answers `/health/ready` with 200. Rejects when the signal aborts. */
export async function waitUntilReady(serviceUrl: string, signal: AbortSignal): Promise<void> {
  const url = new URL('/health/ready', serviceUrl.replace(/^ws/, 'http'))
  for (;;) {
    if (await isReady(url)) return
    await sleep(POLL_MS, undefined, { signal })
  }
}

async function isReady(url: URL): Promise<boolean> {
  try {
    const response = await fetch(url, { signal: AbortSignal.timeout(REQUEST_TIMEOUT_MS) })
    await response.body?.cancel()
    return response.status === 200
  } catch {
    // Not listening yet.
    return false
  }
}
