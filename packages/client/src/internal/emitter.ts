type Listeners<Events> = { [Event in keyof Events]?: Set<Events[Event]> }

/** Calls listeners so that none can break the caller or keep another from being called. */
export class Emitter<Events extends { [Event in keyof Events]: (...values: never[]) => unknown }> {
  readonly #listeners: Listeners<Events> = {}
  readonly #onFailure: (event: keyof Events, cause: unknown) => void

  constructor(onFailure: (event: keyof Events, cause: unknown) => void) {
    this.#onFailure = onFailure
  }

  on<Event extends keyof Events>(event: Event, listener: Events[Event]): () => void {
    if (typeof listener !== 'function') throw new TypeError('"listener" must be a function')
    // A wrapper per registration: one function added twice is called twice and removed one by one.
    const registered = ((...values: never[]) => listener(...values)) as Events[Event]
    const set = (this.#listeners[event] ??= new Set())
    set.add(registered)
    return () => {
      set.delete(registered)
    }
  }

  emit<Event extends keyof Events>(event: Event, ...values: Parameters<Events[Event]>): void {
    // A copy: listeners may come and go while we call them.
    for (const listener of Array.from(this.#listeners[event] ?? [])) {
      try {
        const result = listener(...values)
        if (result instanceof Promise) result.catch((cause: unknown) => this.#onFailure(event, cause))
      } catch (cause) {
        this.#onFailure(event, cause)
      }
    }
  }
}
