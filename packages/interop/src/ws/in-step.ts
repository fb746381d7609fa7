import type { WebSocket } from 'ws'
import type { ServerMessage } from '../protocol/message.ts'

/** Sends what a client has to take in step, see {@link sendInStep}. */
export interface InStepSender {
  send(message: ServerMessage, text: string): void
  /** Characters that wait for the client to catch up. */
  readonly heldLength: number
}

interface Held {
  readonly message: ServerMessage
  readonly text: string
}

/**
 * Keeps the copies that clients outside of a browser have of a context in step.
 *
 * A client applies its own change when the answer comes, but only once the promise of its request has settled. A browser hands
 * over one message per task, so that this is before the next message. `ws` in Node hands over all that came in one read at
 * once: a later change by somebody else would be applied before the client's own earlier one, and the copy would stay wrong.
 *
 * So what is about contexts waits, and all that comes after it, while an answer about contexts may not have been taken in:
 * until the client has answered a ping that was sent after it (RFC 6455 §5.5.2), which costs one way there and back, and only
 * where one changes what another changes at the same time. Order is kept.
 */
export function sendInStep(webSocket: WebSocket): InStepSender {
  let held: Held[] = []
  let heldLength = 0
  /** A change was answered, and nothing says that this was taken in. */
  let changed = false
  /** Contexts that were created or read, likewise. */
  const opened = new Set<unknown>()
  let pings = 0
  let awaited: string | undefined

  function mustWait({ type, context_id: id }: ServerMessage): boolean {
    if (type !== 'context-updated' && type !== 'subscribed-context' && type !== 'context-destroyed')
      return false
    return changed || opened.has(id)
  }

  function sendNow({ message, text }: Held): void {
    webSocket.send(text)
    const { domain, type, context_id: id } = message
    if (domain !== 'global' && domain !== 'context') return
    if (type === 'success') changed = true
    else if (type === 'context-created' || type === 'subscribed-context') opened.add(id)
  }

  function ask(): void {
    pings += 1
    awaited = `in step ${pings}`
    webSocket.ping(awaited)
  }

  webSocket.on('pong', (data) => {
    if (awaited === undefined || data.toString() !== awaited) return
    awaited = undefined
    changed = false
    opened.clear()
    const waiting = held
    held = []
    heldLength = 0
    for (const each of waiting) add(each)
  })

  function add(each: Held): void {
    if (held.length === 0 && !mustWait(each.message)) {
      if (webSocket.readyState === webSocket.OPEN) sendNow(each)
      return
    }
    held.push(each)
    heldLength += each.text.length
    if (awaited === undefined && webSocket.readyState === webSocket.OPEN) ask()
  }

  return {
    send: (message, text) => add({ message, text }),
    get heldLength() {
      return heldLength
    },
  }
}
