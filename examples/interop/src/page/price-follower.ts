import type { IOConnectCore } from '@interopio/core'
import { deskOf } from './connect.ts'
import { PRICES } from './price-feed.ts'
import type { PriceHistory } from './price-history.ts'

interface Following {
  peerId: string | undefined
  subscription?: IOConnectCore.Interop.Subscription
}

/** Subscribes to the prices of whichever window feeds them, and to the next one when that is gone. */
export class PriceFollower {
  readonly #io: IOConnectCore.API
  readonly #history: PriceHistory
  /** Told the feeding desk, if any, after every change. */
  readonly #onChange: (source: string | undefined) => void
  #following: Following | undefined

  constructor(io: IOConnectCore.API, history: PriceHistory, onChange: (source: string | undefined) => void) {
    this.#io = io
    this.#history = history
    this.#onChange = onChange
    io.interop.serverMethodAdded(({ method }) => this.#look(method))
    io.interop.serverMethodRemoved(({ method }) => this.#look(method))
  }

  #look({ name }: IOConnectCore.Interop.Method): void {
    if (name !== PRICES) return
    const servers = this.#io.interop.servers({ name: PRICES })
    const current = this.#following
    if (current !== undefined && servers.some(({ peerId }) => peerId === current.peerId)) return
    this.#following = undefined
    current?.subscription?.close()
    const [server] = servers
    if (server === undefined) this.#onChange(undefined)
    else void this.#follow(server)
  }

  async #follow(server: IOConnectCore.Interop.Instance): Promise<void> {
    const following: Following = { peerId: server.peerId }
    this.#following = following
    try {
      following.subscription = await this.#io.interop.subscribe(PRICES, {
        target: server,
        onData: ({ data }) => {
          // After a reconnect an old subscription may come back beside the new one.
          if (this.#following !== following) return
          const { prices, history } = data as { prices?: unknown; history?: unknown }
          if (history === undefined) this.#history.add(prices)
          else this.#history.restore(history)
          this.#onChange(deskOf(server))
        },
      })
      if (this.#following !== following) following.subscription.close()
    } catch {
      // It went away in between; its methods go too, and that is looked at above.
      if (this.#following === following) this.#following = undefined
    }
  }
}
