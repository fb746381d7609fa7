import { INSTRUMENTS } from './instruments.ts'

const MAX_POINTS = 90

/** The last prices of every instrument, oldest first. Bounded. */
export class PriceHistory {
  #prices = new Map<string, number[]>()

  of(id: string): readonly number[] {
    return this.#prices.get(id) ?? []
  }

  /** One more price each, by instrument. What is not a price of an instrument is left out. */
  add(prices: unknown): void {
    for (const { id } of INSTRUMENTS) {
      const price = member(prices, id)
      if (!isPrice(price)) continue
      this.#prices.set(id, [...this.of(id), price].slice(-MAX_POINTS))
    }
  }

  /** Starts again from what somebody else remembers, lists by instrument. */
  restore(history: unknown): void {
    this.#prices = new Map(
      INSTRUMENTS.map(({ id }) => {
        const prices = member(history, id)
        return [id, Array.isArray(prices) ? prices.filter(isPrice).slice(-MAX_POINTS) : []]
      }),
    )
  }

  toJSON(): Record<string, number[]> {
    return Object.fromEntries(this.#prices)
  }
}

function isPrice(value: unknown): value is number {
  return typeof value === 'number' && Number.isFinite(value) && value > 0
}

function member(value: unknown, key: string): unknown {
  return typeof value === 'object' && value !== null ? (value as Record<string, unknown>)[key] : undefined
}
