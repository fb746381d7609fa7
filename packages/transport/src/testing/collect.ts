/** A list that can be awaited until it has grown to a length. */
export class Collected<T> {
  readonly items: T[] = []
  #waiting: { length: number; resolve: () => void }[] = []

  readonly push = (item: T): void => {
    this.items.push(item)
    this.#waiting = this.#waiting.filter(({ length, resolve }) => {
      if (this.items.length < length) return true
      resolve()
      return false
    })
  }

  /** Resolves with the items once there are so many; rejects after a while with what there is. */
  async atLeast(length: number, timeoutMs = 15_000): Promise<T[]> {
    if (this.items.length < length) {
      let timer: NodeJS.Timeout | undefined
      await Promise.race([
        new Promise<void>((resolve) => this.#waiting.push({ length, resolve })),
        new Promise<void>((_resolve, reject) => {
          timer = setTimeout(
            () => reject(new Error(`waited for ${length}, have ${this.items.length}`)),
            timeoutMs,
          )
        }),
      ])
      clearTimeout(timer)
    }
    return this.items
  }
}
