import { byId, create } from '@portcullis/example-page/page'
import { change, linePath } from './chart.ts'
import { INSTRUMENTS, type Instrument } from './instruments.ts'
import type { PriceHistory } from './price-history.ts'

const SPARK = { width: 72, height: 28 }
const SVG = 'http://www.w3.org/2000/svg'

interface Row {
  instrument: Instrument
  button: HTMLButtonElement
  price: HTMLElement
  change: HTMLElement
  line: SVGPathElement
}

/** The list of instruments, each with its latest prices. */
export class InstrumentsView {
  readonly #rows: readonly Row[]

  constructor(onChoose: (id: string) => void) {
    this.#rows = INSTRUMENTS.map(createRow)
    for (const { button, instrument } of this.#rows) {
      button.addEventListener('click', () => onChoose(instrument.id))
    }
    byId('instruments', HTMLUListElement).replaceChildren(
      ...this.#rows.map(({ button }) => {
        const item = create('li')
        item.append(button)
        return item
      }),
    )
  }

  choose(id: string): void {
    for (const { button, instrument } of this.#rows) {
      if (instrument.id === id) button.setAttribute('aria-current', 'true')
      else button.removeAttribute('aria-current')
    }
  }

  render(history: PriceHistory): void {
    for (const row of this.#rows) {
      const prices = history.of(row.instrument.id)
      const moved = change(prices)
      row.price.textContent = prices.at(-1)?.toFixed(2) ?? ''
      row.change.textContent = moved?.text ?? ''
      row.button.dataset['trend'] = moved === undefined ? '' : moved.isUp ? 'up' : 'down'
      row.line.setAttribute('d', linePath(prices, SPARK))
    }
  }
}

function createRow(instrument: Instrument): Row {
  const button = create('button')
  button.type = 'button'
  const name = create('span', 'name')
  name.append(create('strong', '', instrument.id), create('small', '', instrument.name))
  const spark = document.createElementNS(SVG, 'svg')
  spark.setAttribute('viewBox', `0 0 ${SPARK.width} ${SPARK.height}`)
  spark.setAttribute('aria-hidden', 'true')
  const line = document.createElementNS(SVG, 'path')
  line.setAttribute('class', 'line')
  spark.append(line)
  const quote = create('span', 'quote')
  const [price, moved] = [create('span'), create('small')]
  quote.append(price, moved)
  button.append(name, spark, quote)
  return { instrument, button, price, change: moved, line }
}
