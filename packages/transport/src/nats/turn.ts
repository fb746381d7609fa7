/**
 * Collects what is written in one turn of the event loop and writes it at once at its end. The NATS client flushes after
 * every microtask, which makes one system call per message; with this a busy process makes one per turn.
 */
export class Turn {
  #tasks: (() => void)[] = []

  /** Runs the task at the end of this turn, after those added before it. */
  atEnd(task: () => void): void {
    if (this.#tasks.push(task) > 1) return
    setImmediate(() => {
      const tasks = this.#tasks
      this.#tasks = []
      for (const run of tasks) run()
    })
  }
}
