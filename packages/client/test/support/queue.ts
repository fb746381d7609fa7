/** Values in the order they came, for a test that awaits them one by one. */
export class Queue<Value> {
  readonly #values: Value[] = []
  readonly #waiters: ((value: Value) => void)[] = []

  push(value: Value): void {
    const waiter = this.#waiters.shift()
    if (waiter) waiter(value)
    else this.#values.push(value)
  }

  async next(): Promise<Value> {
    if (this.#values.length > 0) return this.#values.shift() as Value
    return await new Promise((resolve) => this.#waiters.push(resolve))
  }

  /** What has come and was not taken. */
  get size(): number {
    return this.#values.length
  }
}
