/** Values in the order they came, for a test that awaits them one by one. */
export class Queue<Value> {
  readonly all: Value[] = []
  #taken = 0
  #wake: (() => void)[] = []

  push(value: Value): void {
    this.all.push(value)
    for (const wake of this.#wake.splice(0)) wake()
  }

  /** The next value that was not taken, now or when it comes. */
  async next(): Promise<Value> {
    await this.length(this.#taken + 1)
    return this.all[this.#taken++] as Value
  }

  /** Resolves when so many have come in all. */
  async length(count: number): Promise<Value[]> {
    while (this.all.length < count) await new Promise<void>((resolve) => this.#wake.push(resolve))
    return this.all
  }
}
