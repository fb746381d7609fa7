import { LIMITS } from './limits.ts'
import { Room } from './room.ts'

/** The rooms of this worker, least recently used first. */
export class Rooms {
  readonly #rooms = new Map<string, Room>()

  /** The room of that name if it exists. */
  find(name: string): Room | undefined {
    return this.#rooms.get(name)
  }

  /** The room of that name, new if need be. Undefined when there are too many and someone is in each of them. */
  open(name: string, now: number): Room | undefined {
    let room = this.#rooms.get(name)
    if (!room) {
      if (this.#rooms.size >= LIMITS.rooms && !this.#forgetOne(now)) return undefined
      room = new Room(name)
    }
    this.#rooms.delete(name)
    this.#rooms.set(name, room)
    return room
  }

  #forgetOne(now: number): boolean {
    for (const [name, room] of this.#rooms) {
      if (room.isDeserted(now)) return this.#rooms.delete(name)
    }
    return false
  }
}
