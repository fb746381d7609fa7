import type { Subscription } from '@portcullis/transport'
import type { WebSocket } from 'ws'
import type { FleetEvents } from '../events.ts'
import { publish } from '../internal/publish.ts'
import { MAX_FRAME_BYTES } from '../wire/frame.ts'
import { decodeMessage, encodeMessage } from './frame.ts'

export interface PipeOptions {
  socket: WebSocket
  events: FleetEvents
  /** Subjects whose events go to the other side. */
  out: readonly string[]
  /** Whether an event may come from the other side. */
  mayEnter: (subject: string) => boolean
  maxBufferedBytes: number
  idleTimeoutMs: number
  onDropped: () => void
}

/**
 * Carries events both ways between a socket and the events of this process, until the socket is closed. What comes faster than the
 * network takes it is dropped, as everywhere with events; a socket that is silent is cut.
 */
export async function pipe(options: PipeOptions): Promise<void> {
  const { socket, events, out, mayEnter, maxBufferedBytes, idleTimeoutMs, onDropped } = options
  let heardAt = performance.now()
  const heard = (): void => {
    heardAt = performance.now()
  }
  const ended = new Promise<void>((resolve) => {
    socket.once('close', () => resolve())
  })
  socket.on('pong', heard)
  socket.on('ping', heard)
  socket.on('message', (data, isBinary) => {
    heard()
    const message = isBinary && Buffer.isBuffer(data) ? decodeMessage(data) : undefined
    if (message && message.payload.length <= MAX_FRAME_BYTES && mayEnter(message.subject)) {
      publish(events, message.subject, message.payload)
    } else {
      // Nothing that belongs to this protocol does that.
      socket.close(1008, 'not an event of this link')
    }
  })
  const forward = (payload: Uint8Array, subject: string): void => {
    if (socket.readyState !== socket.OPEN || payload.length > MAX_FRAME_BYTES) return
    if (socket.bufferedAmount + payload.length > maxBufferedBytes) onDropped()
    else socket.send(encodeMessage(subject, payload))
  }
  const beat = setInterval(() => {
    if (performance.now() - heardAt > idleTimeoutMs) socket.terminate()
    else if (socket.readyState === socket.OPEN) socket.ping()
  }, idleTimeoutMs / 3).unref()
  const subscriptions: Subscription[] = []
  try {
    for (const subject of out) subscriptions.push(await events.subscribeEvents(subject, forward))
    await ended
  } catch {
    // The events of this process are closed: there is nothing to carry.
    socket.terminate()
  } finally {
    clearInterval(beat)
    // Nobody waits for this to reject.
    await Promise.allSettled(subscriptions.map((subscription) => subscription.close()))
  }
}
