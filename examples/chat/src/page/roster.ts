import type { Participant } from '../chat/messages.ts'

// A page that types says so every few seconds; one that vanished must not type for ever.
const TYPING_MS = 5000

/** Who is in the room, and who of them is typing. */
export class Roster {
  #people = new Map<string, Participant>()
  readonly #typing = new Map<string, number>()

  /** In the order in which they came. */
  get people(): Participant[] {
    return [...this.#people.values()]
  }

  restore(participants: readonly Participant[]): void {
    this.#people = new Map(participants.map((participant) => [participant.id, participant]))
  }

  add(participant: Participant): void {
    this.#people.set(participant.id, participant)
  }

  remove(id: string): void {
    this.#people.delete(id)
    this.#typing.delete(id)
  }

  /** @param now milliseconds since the epoch */
  setTyping(id: string, on: boolean, now: number): void {
    if (on) this.#typing.set(id, now + TYPING_MS)
    else this.#typing.delete(id)
  }

  /** Names of those who type. */
  typing(now: number): string[] {
    return this.people.filter(({ id }) => (this.#typing.get(id) ?? 0) > now).map(({ name }) => name)
  }
}
