import { TransportError } from '../errors.ts'
import type { StatusBoard } from '../internal/status-board.ts'

/** What is being started. */
export interface Starting {
  /** Begins to connect. */
  start(): void
  /** Ends it, with the reason. */
  end(error: Error | undefined): void
  /** Aborted when nobody waits any more: it ends then. */
  readonly signal: AbortSignal | undefined
  /** Said when it was closed meanwhile without a reason. */
  readonly closedMessage: string
}

/**
 * Starts something that has a status, and waits until it is connected.
 *
 * @throws what it ended with, or TransportError `ERR_TRANSPORT_CLOSED`
 */
export async function untilConnected(
  status: StatusBoard,
  { start, end, signal, closedMessage }: Starting,
): Promise<void> {
  status.assertNotClosed()
  status.set('connecting')
  const ready = new Promise<void>((resolve, reject) => {
    const stop = status.listen(() => {
      if (status.state === 'connected') {
        stop()
        resolve()
      } else if (status.state === 'closed') {
        stop()
        reject(status.error ?? new TransportError('ERR_TRANSPORT_CLOSED', closedMessage))
      }
    })
  })
  const onAbort = (): void => end(signal?.reason instanceof Error ? signal.reason : undefined)
  signal?.addEventListener('abort', onAbort, { once: true })
  try {
    if (signal?.aborted) onAbort()
    else start()
    await ready
  } finally {
    signal?.removeEventListener('abort', onAbort)
  }
}
