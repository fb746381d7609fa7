import { byId, create } from '@portcullis/example-page/page'
import { type Place, timeIn } from './places.ts'

const MAX_ENTRIES = 40

/** What went from window to window, latest first. */
export class ActivityView {
  readonly #list = byId('activity', HTMLOListElement)
  readonly #place: Place

  constructor(place: Place) {
    this.#place = place
  }

  add(text: string): void {
    const entry = create('li')
    entry.append(create('time', '', timeIn(this.#place, new Date())), create('span', '', text))
    this.#list.prepend(entry)
    while (this.#list.children.length > MAX_ENTRIES) this.#list.lastElementChild?.remove()
  }
}
