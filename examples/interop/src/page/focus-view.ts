import { byId } from '@portcullis/example-page/page'
import { areaPath, change, linePath } from './chart.ts'
import type { DeskState } from './desk-state.ts'
import type { Instrument } from './instruments.ts'
import type { PriceHistory } from './price-history.ts'

const CHART = { width: 600, height: 220 }
// Long enough to type a word in one change, short enough to watch it being typed.
const SEND_AFTER_MS = 250

/** The instrument in focus: its price, its chart and the note on it. */
export class FocusView {
  readonly #name = byId('focus-name', HTMLElement)
  readonly #by = byId('focus-by', HTMLElement)
  readonly #price = byId('focus-price', HTMLElement)
  readonly #change = byId('focus-change', HTMLElement)
  readonly #line = byId('chart-line', SVGPathElement)
  readonly #area = byId('chart-area', SVGPathElement)
  readonly #empty = byId('chart-empty', HTMLElement)
  readonly #note = byId('note', HTMLTextAreaElement)
  readonly #noteBy = byId('note-by', HTMLElement)
  readonly #onWrite: (id: string, text: string) => void
  #instrument: Instrument
  #timer: ReturnType<typeof setTimeout> | undefined

  constructor(instrument: Instrument, onWrite: (id: string, text: string) => void) {
    this.#instrument = instrument
    this.#onWrite = onWrite
    this.#note.addEventListener('input', () => {
      clearTimeout(this.#timer)
      this.#timer = setTimeout(() => this.#send(), SEND_AFTER_MS)
    })
    this.#note.addEventListener('change', () => this.#send())
  }

  /** Shows what the windows agree on. What is being typed here is not overwritten. */
  showState(instrument: Instrument, { focus, notes }: DeskState, city: string): void {
    if (instrument !== this.#instrument) this.#send()
    const isOther = instrument !== this.#instrument
    this.#instrument = instrument
    this.#name.textContent = instrument.name
    this.#by.textContent =
      focus === undefined ? 'Choose an instrument, in any window' : `In focus, chosen ${at(focus.by, city)}`
    const note = notes.get(instrument.id)
    if (this.#timer !== undefined && !isOther) return
    const text = note?.text ?? ''
    // Setting what is there already would move the caret.
    if (this.#note.value !== text) this.#note.value = text
    this.#noteBy.textContent = text === '' || note === undefined ? '' : `Written ${at(note.by, city)}`
  }

  showPrices(history: PriceHistory): void {
    const prices = history.of(this.#instrument.id)
    const moved = change(prices)
    this.#price.textContent = prices.at(-1)?.toFixed(2) ?? ''
    this.#change.textContent = moved?.text ?? ''
    this.#change.dataset['trend'] = moved === undefined ? '' : moved.isUp ? 'up' : 'down'
    this.#line.setAttribute('d', linePath(prices, CHART))
    this.#area.setAttribute('d', areaPath(prices, CHART))
    this.#empty.hidden = prices.length >= 2
  }

  #send(): void {
    if (this.#timer === undefined) return
    clearTimeout(this.#timer)
    this.#timer = undefined
    this.#onWrite(this.#instrument.id, this.#note.value)
  }
}

function at(desk: string, city: string): string {
  return desk === city ? 'here' : `in ${desk}`
}
