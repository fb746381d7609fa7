import type { Subscription } from '@portcullis/transport'
import type { FleetEvents } from '../../src/index.ts'

export interface BusEvent {
  subject: string
  payload: Uint8Array
}

/** What becomes of an event on its way: the events that arrive instead, in this order. */
export type Tamper = (event: BusEvent) => readonly BusEvent[]

/** Events that arrive in a turn of their own, as over a network, unless somebody meddles. */
export class Bus implements FleetEvents {
  readonly seen: BusEvent[] = []
  tamper: Tamper = (event) => [event]
  state = 'connected'
  readonly #listeners = new Set<{ filter: RegExp; onEvent: (payload: Uint8Array, subject: string) => void }>()

  status(): { state: string } {
    return { state: this.state }
  }

  publishEvent(subject: string, payload: Uint8Array): void {
    this.seen.push({ subject, payload })
    for (const event of this.tamper({ subject, payload })) this.deliver(event)
  }

  deliver({ subject, payload }: BusEvent): void {
    setImmediate(() => {
      for (const { filter, onEvent } of this.#listeners) if (filter.test(subject)) onEvent(payload, subject)
    })
  }

  async subscribeEvents(
    subject: string,
    onEvent: (payload: Uint8Array, subject: string) => void,
  ): Promise<Subscription> {
    const pattern = subject.replaceAll('.', '\\.').replaceAll('*', '[^.]+')
    const listener = { filter: new RegExp(`^${pattern}$`), onEvent }
    this.#listeners.add(listener)
    return {
      close: async () => {
        this.#listeners.delete(listener)
      },
    }
  }

  /** Whoever listens. */
  get listeners(): number {
    return this.#listeners.size
  }
}

export function read(event: BusEvent): Record<string, unknown> {
  return JSON.parse(Buffer.from(event.payload).toString()) as Record<string, unknown>
}
