import { countsFor, type FrameOf } from './frame.ts'

type Cast = FrameOf<'cast'>
type Direct = FrameOf<'state'> | FrameOf<'data'>

/** A batch that is complete and whose turn it is. */
export interface Delivery {
  readonly kind: 'state' | 'data'
  readonly body: Uint8Array
}

/** Why nothing of the node can be relied on any more. */
export class InboxFault extends Error {
  override readonly name: string = 'InboxFault'
}

export interface InboxLimits {
  /** A batch holds, beside one message, as much as fits into one publication. */
  readonly partBytes: number
  readonly maxMessageBytes: number
  readonly maxStateBytes: number
  readonly maxWaitingBytes: number
}

/**
 * What one node has sent on one link: puts broadcasts and directs into the one order in which they were sent, from its state
 * on, and the pieces of large batches together. Whatever does not fit together throws an {@link InboxFault}.
 */
export class Inbox {
  readonly #self: string
  readonly #link: string
  readonly #limits: InboxLimits
  readonly #maxBatch: number
  readonly #casts: Lane<Cast>
  readonly #directs: Lane<Direct>
  /** The broadcasts that the state includes; undefined until its first piece. */
  #cut: number | undefined
  #isComplete = false
  /** Direct messages that had come when a heartbeat told of more, or of no session at all. */
  #suspicion: number | undefined
  /** Bytes of bodies since the state, its own included. */
  bytes = 0
  /** Frames taken in. */
  frames = 0

  /** `link` is the receiver's own. */
  constructor(self: string, link: string, limits: InboxLimits) {
    this.#self = self
    this.#link = link
    this.#limits = limits
    this.#maxBatch = limits.maxMessageBytes + 3 * limits.partBytes
    this.#casts = new Lane(this.#maxBatch)
    this.#directs = new Lane(limits.maxStateBytes)
    this.#directs.last = 0
  }

  get hasBegun(): boolean {
    return this.#cut !== undefined
  }

  /** The state is there and was taken. */
  get isComplete(): boolean {
    return this.#isComplete
  }

  /** Frames that wait for what came before them. */
  get waiting(): number {
    return this.#isComplete ? this.#casts.length + this.#directs.length : 0
  }

  cast(frame: Cast): void {
    const { last } = this.#casts
    this.frames += 1
    // The state overtook it.
    if (this.#cut !== undefined && frame.n <= this.#cut) return
    if (last !== undefined && frame.n !== last + 1) {
      if (this.#isComplete) throw new InboxFault(`broadcast ${frame.n} follows ${last}`)
      // It can still be that the state includes those that are missing.
      this.#casts.clear()
    }
    this.#casts.push(frame)
    if (this.#cut !== undefined) this.bytes += frame.body.length
  }

  direct(frame: Direct): void {
    const last = this.#directs.last ?? 0
    if (frame.n !== last + 1) throw new InboxFault(`direct message ${frame.n} follows ${last}`)
    if ((frame.kind === 'state') === this.#isComplete) {
      throw new InboxFault(`a frame of ${frame.kind} where none can be`)
    }
    if (frame.n === 1) {
      this.#cut = frame.b
      this.#casts.each(({ n, body }) => {
        if (n > frame.b) this.bytes += body.length
      })
    }
    this.#directs.push(frame)
    this.frames += 1
    this.bytes += frame.body.length
  }

  /** What a heartbeat says was sent, against what came. `said` is undefined when the sender has no session with this node. */
  beat(casts: number, said: { link: string; count: number } | undefined): void {
    // Before the state is there, what never came can be part of it.
    if (!this.#isComplete) return
    const { last } = this.#casts
    if (last !== undefined && casts !== last && casts > (this.#cut ?? 0)) {
      throw new InboxFault(`${casts} broadcasts were sent and ${last} came`)
    }
    const came = this.#directs.last ?? 0
    const isOver = said?.link !== this.#link
    // Direct messages have another subject: they may be on their way. Not if it is the same by the next heartbeat.
    if (!isOver && said.count <= came) this.#suspicion = undefined
    else if (this.#suspicion !== came) this.#suspicion = came
    else if (isOver) throw new InboxFault('it has ended the session')
    else throw new InboxFault(`${said.count} direct messages were sent and ${came} came`)
  }

  /** The next batch in order, or undefined when there is none yet. MUST be called until then after every frame. */
  take(): Delivery | undefined {
    for (;;) {
      const taken = this.#isComplete ? this.#takeNext() : this.#takeState()
      if (taken !== null && taken !== undefined) return taken
      if (taken === null) continue
      if (this.#casts.bytes + this.#directs.bytes > this.#limits.maxWaitingBytes) {
        throw new InboxFault('too much waits for what came before it')
      }
      return undefined
    }
  }

  /** Null: a frame was used up without completing a batch. */
  #takeState(): Delivery | undefined | null {
    const body = this.#directs.shift()
    if (!body) return body
    const cut = this.#cut ?? 0
    this.#isComplete = true
    this.#casts.skipTo(cut)
    return { kind: 'state', body }
  }

  #takeNext(): Delivery | undefined | null {
    const cast = this.#casts.head
    if (cast !== undefined && this.#directsBefore(cast) <= this.#directs.done) {
      const body = this.#casts.shift()
      return body ? { kind: 'data', body } : body
    }
    const direct = this.#directs.head
    if (direct !== undefined && direct.b <= this.#casts.done) {
      const body = this.#directs.shift(this.#maxBatch)
      return body ? { kind: 'data', body } : body
    }
    return undefined
  }

  #directsBefore({ d }: Cast): number {
    const said = countsFor(d, this.#self)
    if (said === undefined) return 0
    // It has ended this session, and may have sent what did not come here.
    if (said.link !== this.#link) throw new InboxFault('it has ended the session')
    return said.count
  }
}

interface Sequenced {
  readonly n: number
  readonly size: number
  readonly off: number
  readonly body: Uint8Array
}

/** One of the two sequences of a node: frames that wait, and the batch that is being put together. */
class Lane<T extends Sequenced> {
  readonly #maxBytes: number
  #frames: T[] = []
  #at = 0
  #pieces: Uint8Array[] = []
  #pieced = 0
  /** Number of the last frame that came. */
  last: number | undefined
  /** Number of the last frame that was used. */
  done = 0
  /** Of the frames that wait. */
  bytes = 0

  constructor(maxBytes: number) {
    this.#maxBytes = maxBytes
  }

  get length(): number {
    return this.#frames.length - this.#at
  }

  get head(): T | undefined {
    return this.#frames[this.#at]
  }

  push(frame: T): void {
    this.#frames.push(frame)
    this.bytes += frame.body.length
    this.last = frame.n
  }

  each(visit: (frame: T) => void): void {
    for (let index = this.#at; index < this.#frames.length; index += 1) visit(this.#frames[index]!)
  }

  clear(): void {
    this.#frames = []
    this.#at = 0
    this.bytes = 0
    this.last = undefined
  }

  /** Goes on after frame `n`, with what has come of those. */
  skipTo(n: number): void {
    while (this.head !== undefined && this.head.n <= n) this.#next()
    if (this.head !== undefined && this.head.n !== n + 1) {
      throw new InboxFault(`broadcast ${this.head.n} follows a state that includes ${n}`)
    }
    if (this.head === undefined) this.last = n
    this.done = n
  }

  /** Uses the next frame up. The batch it completes, null when it completes none, undefined when there is no frame. */
  shift(maxBytes = this.#maxBytes): Uint8Array | null | undefined {
    if (this.head === undefined) return undefined
    const { n, size, off, body } = this.#next()
    this.done = n
    if (size > maxBytes) throw new InboxFault(`a message of ${size} bytes is too large`)
    if (off !== this.#pieced) throw new InboxFault('a piece of a message is missing')
    if (body.length === size) return body
    this.#pieces.push(body)
    this.#pieced += body.length
    if (this.#pieced < size) return null
    const whole = Buffer.concat(this.#pieces, size)
    this.#pieces = []
    this.#pieced = 0
    return whole
  }

  #next(): T {
    const frame = this.#frames[this.#at]!
    this.#at += 1
    this.bytes -= frame.body.length
    if (this.#at === this.#frames.length) {
      this.#frames = []
      this.#at = 0
    }
    return frame
  }
}
