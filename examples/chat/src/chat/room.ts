import { randomBytes } from 'node:crypto'
import { LIMITS } from './limits.ts'
import type { ChatMessage, FromRoom, ToRoom } from './messages.ts'
import { Presence, type Member } from './presence.ts'

/** Something to send to some sessions. */
export interface Delivery {
  to: string[]
  message: FromRoom
}

type FromRoomBody = FromRoom extends infer Each ? (Each extends FromRoom ? Omit<Each, 'room'> : never) : never
type Say = Extract<ToRoom, { type: 'say' }>

/** One room: takes messages, remembers a little, and says what to send to whom. Sends nothing itself. */
export class Room {
  readonly name: string
  readonly #presence: Presence
  readonly #createId: () => string
  #history: { message: ChatMessage; ref: string | undefined }[] = []

  constructor(name: string, createId: () => string = () => randomBytes(8).toString('hex')) {
    this.name = name
    this.#createId = createId
    this.#presence = new Presence(createId)
  }

  /** Whether nobody has been here for a while. */
  isDeserted(now: number): boolean {
    this.#presence.expire(now)
    return this.#presence.size === 0
  }

  /**
   * @param now milliseconds since the epoch
   * @param isRetry this message was here before, and not all of what it caused may have been sent
   */
  handle(sessionId: string, message: ToRoom, now: number, isRetry = false): Delivery[] {
    // Everyone here speaks up now and then, so this runs often enough without a timer.
    const expired = this.#presence.expire(now).map((member) => this.#left(member))
    return [...expired, ...this.#react(sessionId, message, now, isRetry)]
  }

  /** Ends the presence of a session. */
  leave(sessionId: string): Delivery[] {
    const member = this.#presence.remove(sessionId)
    return member ? [this.#left(member)] : []
  }

  #react(sessionId: string, message: ToRoom, now: number, isRetry: boolean): Delivery[] {
    const { type } = message
    if (type === 'say') return this.#say(sessionId, message, now, isRetry)
    if (type === 'typing') return this.#typing(sessionId, message.on, now)
    if (type === 'leave') return this.leave(sessionId)
    return this.#enter(sessionId, message, now, type === 'join')
  }

  #enter(
    sessionId: string,
    profile: { name?: string | undefined; key?: string | undefined },
    now: number,
    wantsPicture: boolean,
  ): Delivery[] {
    const entered = this.#presence.enter(sessionId, profile, now)
    if (!entered)
      return [this.#to([sessionId], { type: 'error', code: 'room_full', message: 'the room is full' })]
    const { member, isNew, changed } = entered
    const deliveries: Delivery[] = []
    if (isNew || wantsPicture) {
      deliveries.push(
        this.#to([sessionId], {
          type: 'welcome',
          you: member.participant.id,
          participants: this.#presence.participants,
          history: this.#history.map((entry) => entry.message),
        }),
      )
    }
    // A new name concerns its owner too; a newcomer has just been told.
    const joined = { type: 'joined', participant: member.participant } as const
    if (isNew) deliveries.push(this.#toOthers(sessionId, joined))
    else if (changed) deliveries.push(this.#to(this.#presence.sessionIds, joined))
    return deliveries
  }

  #say(sessionId: string, { text, ref, name, key }: Say, now: number, isRetry: boolean): Delivery[] {
    // Whoever speaks is present: a page whose worker was restarted need not notice.
    const deliveries = this.#enter(sessionId, { name, key }, now, false)
    const member = this.#presence.get(sessionId)
    if (!member) return deliveries
    const { id: from } = member.participant
    const before = this.#history.find(
      (entry) => ref !== undefined && entry.ref === ref && entry.message.from === from,
    )
    const message = before?.message ?? {
      id: this.#createId(),
      from,
      name: member.participant.name,
      text,
      at: now,
    }
    if (!before) this.#history = [...this.#history, { message, ref }].slice(-LIMITS.historyPerRoom)
    deliveries.push(this.#to([sessionId], { type: 'said', message, ref }))
    if (!before || isRetry) deliveries.push(this.#toOthers(sessionId, { type: 'said', message }))
    return deliveries
  }

  #typing(sessionId: string, on: boolean, now: number): Delivery[] {
    const member = this.#presence.get(sessionId)
    if (!member) {
      return [this.#to([sessionId], { type: 'error', code: 'not_joined', message: 'join the room first' })]
    }
    member.seenAt = now
    return [this.#toOthers(sessionId, { type: 'typing', id: member.participant.id, on })]
  }

  #left({ participant }: Member): Delivery {
    return this.#to(this.#presence.sessionIds, { type: 'left', id: participant.id })
  }

  #toOthers(sessionId: string, body: FromRoomBody): Delivery {
    return this.#to(
      this.#presence.sessionIds.filter((other) => other !== sessionId),
      body,
    )
  }

  #to(to: string[], body: FromRoomBody): Delivery {
    return { to, message: { room: this.name, ...body } }
  }
}
