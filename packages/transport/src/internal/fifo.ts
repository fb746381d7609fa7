/** A first-in first-out list whose `shift` does not move what stays. */
export class Fifo<T> {
  #items: (T | undefined)[] = []
  #head = 0

  get length(): number {
    return this.#items.length - this.#head
  }

  push(item: T): void {
    this.#items.push(item)
  }

  /** Puts items before everything that waits, in their order. */
  putBack(items: T[]): void {
    this.#items = [...items, ...this.#items.slice(this.#head)]
    this.#head = 0
  }

  /** From the first to the last. */
  *[Symbol.iterator](): Generator<T, undefined> {
    for (let index = this.#head; index < this.#items.length; index += 1) yield this.#items[index] as T
  }

  peek(): T | undefined {
    return this.#items[this.#head]
  }

  shift(): T | undefined {
    if (this.length === 0) return undefined
    const item = this.#items[this.#head]
    // What was taken out is not kept alive by the slot it leaves.
    this.#items[this.#head] = undefined
    this.#head += 1
    // Halving keeps the cost per item constant and the dead prefix bounded.
    if (this.#head > 1024 && this.#head * 2 > this.#items.length) {
      this.#items = this.#items.slice(this.#head)
      this.#head = 0
    }
    return item
  }
}
