import { LIMITS } from './limits.ts'
import type { Participant } from './messages.ts'

/** A participant and what only the worker may know. */
export interface Member {
  participant: Participant
  sessionId: string
  key: string | undefined
  /** Milliseconds since the epoch. */
  seenAt: number
}

/** Who is in a room, by session. */
export class Presence {
  readonly #members = new Map<string, Member>()
  readonly #createId: () => string

  constructor(createId: () => string) {
    this.#createId = createId
  }

  get size(): number {
    return this.#members.size
  }

  get participants(): Participant[] {
    return [...this.#members.values()].map((member) => member.participant)
  }

  get sessionIds(): string[] {
    return [...this.#members.keys()]
  }

  get(sessionId: string): Member | undefined {
    return this.#members.get(sessionId)
  }

  /**
   * Enters a session, or brings its member up to date. `changed` says whether others see a difference; null means
   * that the room is full.
   */
  enter(
    sessionId: string,
    { name, key }: { name?: string | undefined; key?: string | undefined },
    now: number,
  ): { member: Member; isNew: boolean; changed: boolean } | null {
    const known = this.#members.get(sessionId) ?? this.#return(sessionId, key)
    if (known) {
      known.seenAt = now
      const changed = name !== undefined && name !== known.participant.name
      if (changed) known.participant = { ...known.participant, name }
      return { member: known, isNew: false, changed }
    }
    if (this.#members.size >= LIMITS.participantsPerRoom) return null
    const id = this.#createId()
    const participant = { id, name: name ?? `Guest ${id.slice(0, 4)}` }
    const member: Member = { participant, sessionId, key, seenAt: now }
    this.#members.set(sessionId, member)
    return { member, isNew: true, changed: true }
  }

  remove(sessionId: string): Member | undefined {
    const member = this.#members.get(sessionId)
    this.#members.delete(sessionId)
    return member
  }

  /** Removes who has not been heard of for too long. */
  expire(now: number): Member[] {
    const expired = [...this.#members.values()].filter((member) => now - member.seenAt > LIMITS.presenceMs)
    for (const { sessionId } of expired) this.#members.delete(sessionId)
    return expired
  }

  /** The same page on a new connection; what the old session still sends or its end no longer matters. */
  #return(sessionId: string, key: string | undefined): Member | undefined {
    if (key === undefined) return undefined
    const member = [...this.#members.values()].find((candidate) => candidate.key === key)
    if (!member) return undefined
    this.#members.delete(member.sessionId)
    member.sessionId = sessionId
    this.#members.set(sessionId, member)
    return member
  }
}
