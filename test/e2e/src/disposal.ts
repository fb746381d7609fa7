/** Node 20 has the symbol but not the stack: what was started last is stopped first. */
export class Disposal implements AsyncDisposable {
  #steps: (() => Promise<unknown>)[] = []

  use<Resource extends AsyncDisposable>(resource: Resource): Resource {
    this.defer(() => Promise.resolve(resource[Symbol.asyncDispose]()))
    return resource
  }

  defer(step: () => Promise<unknown>): void {
    this.#steps.push(step)
  }

  async [Symbol.asyncDispose](): Promise<void> {
    for (const step of this.#steps.splice(0).toReversed()) await step()
  }
}
