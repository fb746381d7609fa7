import { effectOf, type GrantSubject, type ProjectChange } from './project-change.ts'

/** Past it a watch does not tell changes apart any more, and every answer counts as concerned. */
const MAX_CHANGES = 100

/** The changes that came while a question was under way: its answer may be one of before. */
export interface ChangeWatch {
  /** Whether there was any. */
  readonly isTouched: boolean
  /** Whether a grant is not what would be granted now. */
  concerns(subject: GrantSubject): boolean
  stop(): void
}

/** Tells questions under way of changes. */
export class ChangeWatches {
  readonly #watches = new Set<Watch>()

  watch(): ChangeWatch {
    const watch = new Watch(() => this.#watches.delete(watch))
    this.#watches.add(watch)
    return watch
  }

  apply(change: ProjectChange): void {
    for (const watch of this.#watches) watch.add(change)
  }

  applyAll(): void {
    for (const watch of this.#watches) watch.addAll()
  }
}

class Watch implements ChangeWatch {
  readonly stop: () => void
  #changes: ProjectChange[] = []
  #isAll = false

  constructor(stop: () => void) {
    this.stop = stop
  }

  get isTouched(): boolean {
    return this.#isAll || this.#changes.length > 0
  }

  add(change: ProjectChange): void {
    if (this.#changes.length >= MAX_CHANGES) this.addAll()
    else if (!this.#isAll) this.#changes.push(change)
  }

  addAll(): void {
    this.#isAll = true
    this.#changes = []
  }

  concerns(subject: GrantSubject): boolean {
    return this.#isAll || this.#changes.some((change) => effectOf(change, subject) !== 'none')
  }
}
