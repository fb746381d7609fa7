import type { ChatMessage } from '../chat/messages.ts'

const MAX_LINES = 300

/** How far a message of one's own has come. */
export type Delivery = 'pending' | 'delivered' | 'failed'

/** One message as it is shown. */
export interface Line {
  /** Stays the same from the moment it is typed. */
  key: string
  name: string
  text: string
  at: number
  mine: boolean
  /** Of one's own messages. */
  delivery?: Delivery | undefined
}

/** What was said in a room, and below it what of one's own has not come back yet. */
export class Conversation {
  /** By message id. */
  #said = new Map<string, Line>()
  /** By ref. */
  readonly #own = new Map<string, Line>()

  get lines(): Line[] {
    return [...this.#said.values(), ...this.#own.values()]
  }

  /** Starts from what the room remembers. */
  restore(history: readonly ChatMessage[], you: string): void {
    const before = this.#said
    this.#said = new Map(
      history.map((message) => [message.id, before.get(message.id) ?? toLine(message, message.from === you)]),
    )
  }

  /** One's own message, just sent or sent again. */
  add(ref: string, text: string, name: string, at: number): void {
    this.#own.delete(ref)
    this.#own.set(ref, { key: ref, name, text, at, mine: true, delivery: 'pending' })
  }

  /** The relay answered for it. */
  settle(ref: string, delivery: Delivery): void {
    const line = this.#own.get(ref)
    if (line) this.#own.set(ref, { ...line, delivery })
  }

  /** The room says so. */
  hear(message: ChatMessage, you: string, ref?: string): void {
    const own = ref === undefined ? undefined : this.#own.get(ref)
    if (ref !== undefined) this.#own.delete(ref)
    const line = toLine(message, message.from === you)
    if (!this.#said.has(message.id)) this.#said.set(message.id, own ? { ...line, key: own.key } : line)
    for (const id of this.#said.keys()) {
      if (this.#said.size <= MAX_LINES) break
      this.#said.delete(id)
    }
  }
}

function toLine({ id, name, text, at }: ChatMessage, mine: boolean): Line {
  return { key: id, name, text, at, mine, delivery: mine ? 'delivered' : undefined }
}
