import type { Session } from './task.ts'

const MAX_SUBJECTS = 256

/** Which actor ids each session has sent to, for `disconnect`. Bounded: the sessions seen first go first. */
export class SessionRegister {
  readonly #sessions = new Map<string, { session: Session; subjects: Set<string> }>()
  readonly #maxCount: number

  constructor(maxCount: number) {
    this.#maxCount = maxCount
  }

  note(session: Session, subject: string): void {
    const known = this.#sessions.get(session.sessionId)
    if (known) {
      // As it is now: claims can change while a session lives.
      known.session = session
      if (known.subjects.size < MAX_SUBJECTS) known.subjects.add(subject)
      return
    }
    this.#sessions.set(session.sessionId, { session, subjects: new Set([subject]) })
    if (this.#sessions.size <= this.#maxCount) return
    const [oldest] = this.#sessions.keys()
    if (oldest !== undefined) this.#sessions.delete(oldest)
  }

  /** Forgets a session and says what it had sent to. */
  take(sessionId: string): { session: Session; subjects: Set<string> } | undefined {
    const known = this.#sessions.get(sessionId)
    this.#sessions.delete(sessionId)
    return known
  }
}
