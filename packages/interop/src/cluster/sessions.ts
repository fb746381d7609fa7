import type { JsonObject } from '../protocol/message.ts'
import type { ClusterNode } from './cluster.ts'
import { beginAnew, createRemoteNode, type RemoteNode, stopTimers } from './remote-node.ts'
import type { ClusterSettings } from './settings.ts'
import { countsFor, type Frame, type FrameOf, type FrameOrigin } from './wire/frame.ts'
import { InboxFault } from './wire/inbox.ts'
import { counts, type Publisher } from './wire/publisher.ts'

export interface SessionEvents {
  /** Sends all that waits, so that the counters stand for it. */
  flush(): void
  /** The state for a node, as JSON; undefined when there is none that can be sent. */
  state(nodeId: string): string | undefined
  /** The snapshots of a state. @throws InboxFault for a state that is none */
  read(state: Uint8Array): JsonObject
  up(node: ClusterNode, snapshots: JsonObject): void
  down(nodeId: string): void
  /** A batch of entries. @throws InboxFault for a batch that is none */
  deliver(nodeId: string, batch: Uint8Array): void
  /** A node has this node's id. */
  twin(frame: Frame): void
}

const FIRST_PAUSE_MS = 100
const LONGEST_PAUSE_MS = 5000
/** Time up after which earlier failures are forgotten. */
const STABLE_MS = 10_000
const SERVE_PAUSE_MS = 100
const CONFIRMATIONS = 8
const FAILURES_TO_WARN = 4

/**
 * The sessions with all other nodes. A session is up when the state of the other is here; whatever goes wrong ends it on both
 * sides, and both exchange their states anew.
 */
export class Sessions {
  readonly #settings: ClusterSettings
  readonly #origin: FrameOrigin
  readonly #publisher: Publisher
  readonly #events: SessionEvents
  readonly #remotes = new Map<string, RemoteNode>()
  readonly #nodes = new Map<string, ClusterNode>()
  #links = 0
  /** The link that the hello invites states for. */
  readonly hello: string
  #sweptAt: number
  #isFull = false
  #isClosed = false
  /** Sessions that were ended because something was missing or made no sense. */
  resyncs = 0
  /** Frames of nodes that have the id of another. */
  ignored = 0
  /** Until the answers to the hello are in, a node that is heard is taken to be about to answer. */
  isStarting = true

  constructor(settings: ClusterSettings, origin: FrameOrigin, publisher: Publisher, events: SessionEvents) {
    this.#settings = settings
    this.#origin = origin
    this.#publisher = publisher
    this.#events = events
    this.hello = this.#newLink()
    this.#sweptAt = settings.now()
  }

  get nodes(): ReadonlyMap<string, ClusterNode> {
    return this.#nodes
  }

  /** Somebody has this node's state, or is being sent it. */
  get hasListeners(): boolean {
    for (const { served } of this.#remotes.values()) if (served !== undefined) return true
    return false
  }

  /** Nodes that are known, and whose state is not here yet. */
  get arriving(): number {
    return this.#remotes.size - this.#nodes.size
  }

  /** The node to send to, when it is up. */
  target(nodeId: string): RemoteNode | undefined {
    const remote = this.#remotes.get(nodeId)
    return remote?.up === undefined ? undefined : remote
  }

  unconfirmed(nodeId: string): number {
    const remote = this.#remotes.get(nodeId)
    if (remote?.served === undefined) return 0
    return this.#publisher.castBytes - remote.castBase + remote.directBytes - remote.confirmed
  }

  beat(): void {
    const d = counts(this.#remotes.values())
    this.#publisher.tell({ kind: 'beat', n: this.#publisher.casts, d })
  }

  close(): void {
    this.#isClosed = true
    for (const remote of this.#remotes.values()) stopTimers(remote)
    this.#remotes.clear()
    this.#nodes.clear()
  }

  receive(frame: Frame): void {
    const { nodeId, now } = this.#settings
    if (this.#isClosed) return
    this.#awake()
    if (frame.from === nodeId) {
      if (frame.epoch !== this.#origin.epoch) this.#events.twin(frame)
      return
    }
    const known = this.#remotes.get(frame.from)
    if (known !== undefined && known.epoch !== frame.epoch) {
      // Started anew, or one of two with the same id: the one that was there first is heard, for as long as it speaks.
      this.ignored += 1
      return
    }
    if (known !== undefined) known.heardAt = now()
    switch (frame.kind) {
      case 'hello':
      case 'want':
        this.#wanted(frame, known)
        break
      case 'bye':
        if (known !== undefined) this.#forget(known, 'it said goodbye')
        break
      case 'beat':
        this.#beaten(frame, known)
        break
      case 'cast':
        if (known === undefined) this.#meet(frame)
        else this.#take(known, () => known.inbox.cast(frame))
        break
      case 'state':
      case 'data':
        this.#direct(frame, known)
        break
      case 'ack':
        if (known?.link === frame.for && known.theirs === frame.link) {
          known.confirmed = Math.max(known.confirmed, frame.bytes)
        }
        break
      case 'twin':
        break
    }
  }

  /** Ends what has been silent for too long. */
  sweep(): void {
    const { now, heartbeatMs, deadAfterMs } = this.#settings
    this.#awake()
    const at = now()
    const late = at - this.#sweptAt - 2 * heartbeatMs
    this.#sweptAt = at
    for (const remote of this.#remotes.values()) {
      // While this process stood still it heard nobody.
      if (late > 0) remote.heardAt += late
      if (at - remote.heardAt > deadAfterMs) this.#forget(remote, 'it is silent')
      else this.#confirm(remote, 1)
    }
  }

  /**
   * A process that stood still for so long is gone for all others, who have gone on without it: what they sent it before must
   * not be taken for the present.
   */
  #awake(): void {
    const { now, deadAfterMs } = this.#settings
    const at = now()
    if (this.isStarting || at - this.#sweptAt <= deadAfterMs) return
    this.#sweptAt = at
    for (const remote of [...this.#remotes.values()]) {
      remote.heardAt = at
      if (remote.up === undefined) continue
      this.#fail(remote, 'this node stood still')
      this.#askSoon(remote)
    }
  }

  #wanted(frame: FrameOf<'hello'> | FrameOf<'want'>, known: RemoteNode | undefined): void {
    const remote = known ?? this.#add(frame)
    if (remote === undefined || remote.theirs === frame.link) return
    // Asking often is answered seldom; only what it asked last counts.
    clearTimeout(remote.serving)
    const wait = remote.servedAt + SERVE_PAUSE_MS - this.#settings.now()
    if (wait > 0) {
      remote.serving = setTimeout(() => {
        if (this.#remotes.get(remote.id) === remote) this.#wanted(frame, remote)
      }, wait).unref()
      return
    }
    if (remote.theirs !== undefined) {
      // It has lost this node, and so what it was told of it and what it was to answer.
      this.#fail(remote, 'it asks for everything anew')
    }
    remote.theirs = frame.link
    this.#serve(remote)
  }

  #beaten(frame: FrameOf<'beat'>, known: RemoteNode | undefined): void {
    if (known === undefined) {
      this.#meet(frame)
      return
    }
    const said = countsFor(frame.d, this.#settings.nodeId)
    this.#take(known, () => known.inbox.beat(frame.n, said))
  }

  #direct(frame: FrameOf<'state'> | FrameOf<'data'>, known: RemoteNode | undefined): void {
    let remote = known
    if (remote === undefined) {
      // An answer to the hello; anything else is for an earlier self.
      if (!this.isStarting || frame.kind !== 'state' || frame.for !== this.hello) return
      remote = this.#add(frame)
    }
    if (remote === undefined || frame.for !== remote.link) return
    if (remote.theirs !== frame.link) {
      if (frame.kind !== 'state' || frame.n !== 1 || remote.inbox.hasBegun) return
      remote.theirs = frame.link
    }
    if (remote.served !== remote.theirs) {
      this.#serve(remote)
      if (remote.served !== remote.theirs) return
    }
    const { inbox } = remote
    this.#take(remote, () => inbox.direct(frame))
  }

  /** Takes something in, then hands on what has its turn. */
  #take(remote: RemoteNode, takeIn: () => void): void {
    const { inbox } = remote
    try {
      takeIn()
      for (;;) {
        const delivery = inbox.take()
        if (delivery === undefined) break
        if (delivery.kind === 'state') this.#up(remote, delivery.body)
        else this.#events.deliver(remote.id, delivery.body)
        // What was delivered may have ended the session.
        if (remote.inbox !== inbox || this.#isClosed) return
      }
    } catch (error) {
      if (!(error instanceof InboxFault)) throw error
      if (remote.inbox !== inbox) return
      this.#fail(remote, error.message)
      this.#askSoon(remote)
      return
    }
    this.#confirm(remote, this.#settings.maxUnconfirmedBytes / CONFIRMATIONS)
  }

  #up(remote: RemoteNode, state: Uint8Array): void {
    const snapshots = this.#events.read(state)
    clearTimeout(remote.asking)
    remote.asking = undefined
    const { id, startedAt } = remote
    remote.up = Object.freeze({ id, startedAt })
    remote.upAt = this.#settings.now()
    this.#nodes.set(id, remote.up)
    this.#settings.logger.info({ node: id }, 'a node of the cluster is up')
    this.#events.up(remote.up, snapshots)
  }

  #down(remote: RemoteNode, reason: string): void {
    if (remote.up === undefined) return
    remote.up = undefined
    this.#nodes.delete(remote.id)
    this.#settings.logger.warn({ node: remote.id, reason }, 'a node of the cluster is down')
    this.#events.down(remote.id)
  }

  #confirm(remote: RemoteNode, atLeast: number): void {
    const { bytes } = remote.inbox
    if (remote.up === undefined || remote.theirs === undefined || bytes - remote.confirming < atLeast) return
    remote.confirming = bytes
    this.#publisher.tell({ kind: 'ack', link: remote.link, for: remote.theirs, bytes }, remote.id)
  }

  /** The session is over: nothing that was said in it holds. */
  #fail(remote: RemoteNode, reason: string): void {
    this.resyncs += 1
    if (remote.up !== undefined && this.#settings.now() - remote.upAt > STABLE_MS) remote.failures = 0
    remote.failures += 1
    if (remote.up === undefined && remote.failures % FAILURES_TO_WARN === 0) {
      this.#settings.logger.warn({ node: remote.id, reason }, 'a node of the cluster does not come up')
    }
    this.#publisher.end(remote)
    beginAnew(remote, this.#settings.nodeId, this.#newLink(), this.#settings)
    this.#down(remote, reason)
  }

  /** Gone; when it is heard again it is met for the first time. */
  #forget(remote: RemoteNode, reason: string): void {
    stopTimers(remote)
    this.#publisher.end(remote)
    this.#remotes.delete(remote.id)
    this.#isFull = false
    this.#down(remote, reason)
  }

  #add(origin: FrameOrigin): RemoteNode | undefined {
    const { nodeId, maxNodes, now, logger } = this.#settings
    if (this.#remotes.size >= maxNodes) {
      if (!this.#isFull)
        logger.error({ maxNodes }, 'more nodes than the cluster may have: some are not heard')
      this.#isFull = true
      return undefined
    }
    const { from: id, epoch, startedAt } = origin
    // Its answer to the hello, if it has heard that, can be under way already.
    const link = this.isStarting ? this.hello : this.#newLink()
    const remote = createRemoteNode({ id, epoch, startedAt }, nodeId, link, this.#settings)
    remote.heardAt = now()
    this.#remotes.set(id, remote)
    this.#awaitState(remote)
    return remote
  }

  /** A node that is heard, and of which nothing is known. */
  #meet(origin: FrameOrigin): void {
    const remote = this.#add(origin)
    if (remote !== undefined && !this.isStarting) this.#want(remote)
  }

  #want(remote: RemoteNode): void {
    this.#publisher.tell({ kind: 'want', link: remote.link }, remote.id)
    this.#awaitState(remote)
  }

  /** Asks once more, after a pause that grows with every failure. */
  #askSoon(remote: RemoteNode): void {
    if (remote.failures <= 1) {
      this.#want(remote)
      return
    }
    const longest = Math.min(LONGEST_PAUSE_MS, FIRST_PAUSE_MS * 2 ** Math.min(remote.failures - 2, 10))
    const pause = longest * (0.5 + Math.random() / 2)
    remote.asking = setTimeout(() => {
      // It has asked in the meantime, and sends its own state as well.
      if (remote.theirs === undefined) this.#want(remote)
      else this.#awaitState(remote)
    }, pause).unref()
  }

  /** Asks again when nothing of the state comes in. */
  #awaitState(remote: RemoteNode): void {
    clearTimeout(remote.asking)
    const { inbox } = remote
    const { frames } = inbox
    remote.asking = setTimeout(() => {
      if (remote.inbox !== inbox || remote.up !== undefined) return
      if (inbox.hasBegun && inbox.frames > frames) {
        this.#awaitState(remote)
        return
      }
      this.#fail(remote, 'it does not answer')
      this.#askSoon(remote)
    }, this.#settings.deadAfterMs).unref()
  }

  /** Sends this node's state. Without it the other's is not taken: each knows of the other, or neither. */
  #serve(remote: RemoteNode): void {
    remote.servedAt = this.#settings.now()
    this.#events.flush()
    const state = this.#events.state(remote.id)
    if (state === undefined) return
    remote.served = remote.theirs
    remote.directs = 0
    remote.directBytes = 0
    remote.confirmed = 0
    remote.castBase = this.#publisher.castBytes
    this.#publisher.begin(remote)
    this.#publisher.direct(remote, 'state', state)
    if (remote.up === undefined) this.#awaitState(remote)
  }

  #newLink(): string {
    this.#links += 1
    return `${this.#origin.epoch}.${this.#links}`
  }
}
