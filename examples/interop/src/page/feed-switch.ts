import { byId } from '@portcullis/example-page/page'
import type { PriceFeed } from './price-feed.ts'

/** The switch that makes this window feed prices to all, and who does so now. */
export class FeedSwitch {
  readonly #switch = byId('feed', HTMLInputElement)
  readonly #source = byId('feed-source', HTMLElement)
  readonly #city: string

  constructor(feed: PriceFeed, city: string, onFailure: (error: unknown) => void) {
    this.#city = city
    byId('feed-now', HTMLButtonElement).addEventListener('click', () => this.#switch.click())
    this.#switch.addEventListener('change', () => {
      if (!this.#switch.checked) feed.stop()
      else {
        feed.start().catch((error: unknown) => {
          feed.stop()
          this.#switch.checked = false
          onFailure(error)
        })
      }
    })
    this.showSource(undefined)
  }

  /** Shows from which desk the prices come, if from any. */
  showSource(desk: string | undefined): void {
    const text =
      desk === undefined ? 'Nobody does' : desk === this.#city ? 'All windows follow' : `${desk} does now`
    if (this.#source.textContent !== text) this.#source.textContent = text
  }
}
