interface Item {
  readonly key: string
  readonly at: number
}

/** Keys in the order of their ends: a binary heap, so that the next one to end is found without looking at the others. */
export class ExpiryQueue {
  readonly #items: Item[] = []

  push(key: string, at: number): void {
    const items = this.#items
    let index = items.push({ key, at }) - 1
    while (index > 0) {
      const parent = (index - 1) >> 1
      if (!this.#swapIfLater(parent, index)) return
      index = parent
    }
  }

  /** Removes and returns the next item that ended, at `now` or before. */
  popEnded(now: number): Item | undefined {
    const items = this.#items
    const first = items[0]
    if (first === undefined || first.at > now) return undefined
    const last = items.pop() as Item
    if (items.length > 0) {
      items[0] = last
      this.#sink()
    }
    return first
  }

  #sink(): void {
    for (let index = 0; ;) {
      const left = 2 * index + 1
      const right = left + 1
      const leftItem = this.#items[left]
      const rightItem = this.#items[right]
      if (leftItem === undefined) return
      const smaller = rightItem !== undefined && rightItem.at < leftItem.at ? right : left
      if (!this.#swapIfLater(index, smaller)) return
      index = smaller
    }
  }

  #swapIfLater(upper: number, lower: number): boolean {
    const items = this.#items
    const above = items[upper] as Item
    const below = items[lower] as Item
    if (above.at <= below.at) return false
    items[upper] = below
    items[lower] = above
    return true
  }
}
