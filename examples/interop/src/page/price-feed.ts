import type { IOConnectCore } from '@interopio/core'
import { INSTRUMENTS } from './instruments.ts'
import type { PriceHistory } from './price-history.ts'

/** Name of the stream with all prices. */
export const PRICES = 'Desk.Prices'

const TICK_MS = 500
const LARGEST_STEP = 0.006

/** Makes up prices and pushes them to every window that subscribes. */
export class PriceFeed {
  readonly #io: IOConnectCore.API
  readonly #history: PriceHistory
  #stream: IOConnectCore.Interop.Stream | undefined
  #timer: ReturnType<typeof setInterval> | undefined

  constructor(io: IOConnectCore.API, history: PriceHistory) {
    this.#io = io
    this.#history = history
  }

  get isOn(): boolean {
    return this.#timer !== undefined
  }

  async start(): Promise<void> {
    if (this.isOn) return
    const prices = new Map(INSTRUMENTS.map(({ id, opening }) => [id, this.#history.of(id).at(-1) ?? opening]))
    this.#timer = setInterval(() => {
      for (const [id, price] of prices) prices.set(id, moved(price))
      // One push: the gateway encodes it once for all subscribers.
      this.#stream?.push({ prices: Object.fromEntries(prices) })
    }, TICK_MS)
    this.#stream = await this.#io.interop.createStream(
      { name: PRICES, displayName: 'Prices of all instruments' },
      {
        // Who comes late is told, alone, what was before.
        subscriptionAddedHandler: (subscription) => subscription.push({ history: this.#history.toJSON() }),
      },
    )
  }

  stop(): void {
    clearInterval(this.#timer)
    this.#timer = undefined
    this.#stream?.close()
    this.#stream = undefined
  }
}

function moved(price: number): number {
  return Math.max(0.01, Math.round(price * (1 + (Math.random() * 2 - 1) * LARGEST_STEP) * 100) / 100)
}
