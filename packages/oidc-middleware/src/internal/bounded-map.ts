/** A map that holds a limited number of entries and drops the one used least recently. */
export class BoundedMap<V> {
  readonly #max: number
  readonly #entries = new Map<string, V>()

  constructor(max: number) {
    this.#max = max
  }

  getOrMake(key: string, make: () => V): V {
    const known = this.#entries.get(key)
    const value = known === undefined ? make() : known
    this.#entries.delete(key)
    this.#entries.set(key, value)
    if (this.#entries.size > this.#max) this.#entries.delete(this.#entries.keys().next().value as string)
    return value
  }
}
