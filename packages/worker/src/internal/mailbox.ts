/** Runs the tasks of one actor id one after the other. A task resolves to false to leave the rest where it is. */
export class Mailbox<Task> {
  readonly #tasks: Task[] = []
  readonly #run: (task: Task) => Promise<boolean>
  readonly #onIdle: () => void
  #running: Promise<void> | undefined

  constructor(run: (task: Task) => Promise<boolean>, onIdle: () => void) {
    this.#run = run
    this.#onIdle = onIdle
  }

  /** Tasks behind the one that runs. */
  get backlog(): number {
    return this.#running ? this.#tasks.length - 1 : this.#tasks.length
  }

  get running(): Promise<void> | undefined {
    return this.#running
  }

  push(task: Task): void {
    this.#tasks.push(task)
    this.wake()
  }

  /** Removes the tasks that have not begun. */
  clear(): Task[] {
    return this.#tasks.splice(this.#running ? 1 : 0)
  }

  /** Goes on after a task left the rest. */
  wake(): void {
    if (this.#running || this.#tasks.length === 0) return
    this.#running = this.#work()
  }

  async #work(): Promise<void> {
    try {
      for (let task = this.#tasks[0]; task !== undefined; task = this.#tasks[0]) {
        if (!(await this.#run(task))) return
        this.#tasks.shift()
      }
    } finally {
      // In the same turn as the last look at the list, so that no push falls in between.
      this.#running = undefined
      if (this.#tasks.length === 0) this.#onIdle()
    }
  }
}
