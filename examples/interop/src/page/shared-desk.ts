import type { IOConnectCore } from '@interopio/core'
import { type DeskState, readDeskState } from './desk-state.ts'

const CONTEXT = 'desk'

/** The context that all windows of a user share. */
export class SharedDesk {
  readonly #io: IOConnectCore.API
  readonly #city: string
  #state: DeskState = readDeskState({})

  constructor(io: IOConnectCore.API, city: string) {
    this.#io = io
    this.#city = city
  }

  get state(): DeskState {
    return this.#state
  }

  /** Calls back now and after every change, by whomever. */
  async watch(onChange: (state: DeskState) => void): Promise<void> {
    await this.#io.contexts.subscribe(CONTEXT, (data: unknown) => {
      this.#state = readDeskState(data)
      onChange(this.#state)
    })
  }

  /** Brings an instrument into focus in all windows. */
  async focus(id: string): Promise<void> {
    await this.#io.contexts.update(CONTEXT, { focus: { id, by: this.#city } })
  }

  /** Writes the note of one instrument. Notes on others, written elsewhere at the same time, stay. */
  async write(id: string, text: string): Promise<void> {
    await this.#io.contexts.setPath(CONTEXT, `notes.${id}`, { text, by: this.#city })
  }
}
