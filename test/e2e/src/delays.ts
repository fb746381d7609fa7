/** How long things took, for people to read; no test asserts any of it. */
export class Delays {
  readonly #lines: string[] = []

  /** Takes the time from now until each of the promises resolves. */
  async measure<T>(what: string, begin: () => Promise<unknown>, ends: Promise<T>[]): Promise<T[]> {
    const from = performance.now()
    const took: number[] = []
    const ended = Promise.all(
      ends.map((end, index) =>
        end.then((result) => {
          took[index] = performance.now() - from
          return result
        }),
      ),
    )
    await begin()
    const answered = performance.now() - from
    const results = await ended
    const list = took.map((ms) => `${ms.toFixed(0)} ms`).join(', ')
    this.#lines.push(`${what}: ${list} (the API had answered after ${answered.toFixed(0)} ms)`)
    return results
  }

  print(): void {
    process.stdout.write(`${this.#lines.map((line) => `  ${line}`).join('\n')}\n`)
  }
}
