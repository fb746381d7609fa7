/** Someone in a room. The id is random and public; session ids stay between gateway and worker. */
export interface Participant {
  id: string
  name: string
}

/** Something said. Ids are unique in a room. */
export interface ChatMessage {
  id: string
  /** Public id of the participant. */
  from: string
  /** As it was when it was said. */
  name: string
  text: string
  /** Milliseconds since the epoch, by the worker's clock. */
  at: number
}

/**
 * What a page sends to a room. `key` is a secret of the page: whoever comes back with it on a new connection is still
 * the same participant. `ref` marks a message of one's own, and makes saying it twice harmless.
 */
export type ToRoom =
  /** Enters, or asks for the whole picture again. */
  | { type: 'join'; name: string; key?: string | undefined }
  /** Repeated while present: presence expires without it, and a restarted worker learns of everybody. */
  | { type: 'here'; name: string; key?: string | undefined }
  | {
      type: 'say'
      text: string
      ref?: string | undefined
      name?: string | undefined
      key?: string | undefined
    }
  | { type: 'typing'; on: boolean }
  | { type: 'leave' }

/** What a room sends to a page. */
export type FromRoom = { room: string } & (
  | { type: 'welcome'; you: string; participants: Participant[]; history: ChatMessage[] }
  /** New, or has another name. */
  | { type: 'joined'; participant: Participant }
  | { type: 'left'; id: string }
  | { type: 'typing'; id: string; on: boolean }
  /** `ref` only for the one who said it. */
  | { type: 'said'; message: ChatMessage; ref?: string | undefined }
  | { type: 'error'; code: ProblemCode; message: string; ref?: string | undefined }
)

/** Why a room did not do what a page asked for. */
export type ProblemCode =
  | 'invalid_message'
  | 'invalid_name'
  | 'invalid_room'
  | 'invalid_text'
  | 'not_joined'
  | 'room_full'
  | 'too_many_rooms'
