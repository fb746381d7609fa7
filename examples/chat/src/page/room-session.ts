import type { ActorHandle, Client } from '@portcullis/client'
import { LIMITS } from '../chat/limits.ts'
import type { FromRoom, ToRoom } from '../chat/messages.ts'
import { Conversation } from './conversation.ts'
import { randomId, type Identity } from './identity.ts'
import { Roster } from './roster.ts'

export interface RoomSessionOptions {
  client: Client<FromRoom>
  room: string
  identity: Identity
  /** Something to show has changed. */
  onChange: () => void
  onProblem: (message: string) => void
}

/** Being in one room: enters it whenever the client connects, keeps saying so, and collects what happens there. */
export class RoomSession {
  readonly room: string
  readonly conversation: Conversation = new Conversation()
  readonly roster: Roster = new Roster()
  /** One's own public id, once the room has given it. */
  you = ''
  readonly #options: RoomSessionOptions
  readonly #actor: ActorHandle<ToRoom>
  readonly #stop: (() => void)[]

  constructor(options: RoomSessionOptions) {
    const { client, room } = options
    this.#options = options
    this.room = room
    this.#actor = client.actor('room', room)
    const announce = (): void => this.#note({ type: 'here', ...this.#profile })
    const timer = setInterval(announce, LIMITS.announceMs)
    document.addEventListener('visibilitychange', announce)
    this.#stop = [
      client.on('message', (message) => this.#receive(message)),
      client.on('status', () => this.#join()),
      () => clearInterval(timer),
      () => document.removeEventListener('visibilitychange', announce),
    ]
    this.#join()
  }

  get #profile(): { name: string; key: string } {
    const { name, key } = this.#options.identity
    return { name, key }
  }

  /** Says something, or says it again with the `ref` it had. Kept and sent later while there is no connection. */
  say(text: string, ref: string = randomId()): void {
    const { identity, onChange } = this.#options
    this.conversation.add(ref, text, identity.name, Date.now())
    onChange()
    this.#actor.send({ type: 'say', text, ref, ...this.#profile }).then(
      () => this.#settle(ref, 'delivered'),
      () => this.#settle(ref, 'failed'),
    )
  }

  setTyping(on: boolean): void {
    this.#note({ type: 'typing', on })
  }

  /** Tells the room one's current name. */
  announce(): void {
    this.#note({ type: 'here', ...this.#profile })
  }

  leave(): void {
    for (const stop of this.#stop) stop()
    this.#note({ type: 'leave' })
  }

  #join(): void {
    this.#note({ type: 'join', ...this.#profile })
  }

  /** For what is of no use later: sent now or never. */
  #note(message: ToRoom): void {
    if (this.#options.client.status !== 'connected') return
    // What goes wrong with it, the next one puts right.
    this.#actor.send(message).catch(() => {})
  }

  #settle(ref: string, delivery: 'delivered' | 'failed'): void {
    this.conversation.settle(ref, delivery)
    this.#options.onChange()
  }

  #receive(message: FromRoom): void {
    // Of a room we just left.
    if (message.room !== this.room) return
    switch (message.type) {
      case 'welcome':
        this.you = message.you
        this.roster.restore(message.participants)
        this.conversation.restore(message.history, message.you)
        break
      case 'joined':
        this.roster.add(message.participant)
        break
      case 'left':
        this.roster.remove(message.id)
        break
      case 'typing':
        this.roster.setTyping(message.id, message.on, Date.now())
        break
      case 'said':
        this.roster.setTyping(message.message.from, false, Date.now())
        this.conversation.hear(message.message, this.you, message.ref)
        break
      case 'error':
        this.#refused(message)
    }
    this.#options.onChange()
  }

  #refused({ code, message, ref }: Extract<FromRoom, { type: 'error' }>): void {
    if (ref !== undefined) this.conversation.settle(ref, 'failed')
    if (code === 'not_joined') this.#join()
    else this.#options.onProblem(message)
  }
}
