import { TransportError } from '@portcullis/transport'
import type { RemoteNode } from '../remote-node.ts'
import { type ClusterSettings, MIN_PART_BYTES } from '../settings.ts'
import { type DirectCounts, encodeFrame, type FrameHead, type FrameOrigin, NO_LINK } from './frame.ts'

/** Numbers what is sent, cuts what is large, and hands it to the transport. */
export class Publisher {
  readonly #settings: ClusterSettings
  readonly #origin: FrameOrigin
  /** Those that were sent directs since the last broadcast. */
  readonly #touched = new Set<RemoteNode>()
  /** Ids of those whose session was ended here, since the last broadcast. */
  readonly #ended = new Set<string>()
  #partBytes: number
  /** Broadcasts sent, and bytes of their bodies. */
  casts = 0
  castBytes = 0
  frames = 0
  bytes = 0
  /** Publications that the transport refused. */
  refused = 0

  constructor(settings: ClusterSettings, origin: FrameOrigin) {
    this.#settings = settings
    this.#origin = origin
    this.#partBytes = settings.partBytes
  }

  /** A frame without a place in a sequence. */
  tell(head: FrameHead, to?: string): void {
    try {
      this.#publish(head, undefined, to)
    } catch (error) {
      this.#refuse(error)
    }
  }

  cast(text: string): void {
    this.#cut(text, (piece, place) => {
      const d = { ...counts(this.#touched), ...ended(this.#ended) }
      this.#publish({ kind: 'cast', n: this.casts + 1, d, ...place }, piece)
      this.casts += 1
      this.castBytes += piece.length
      this.#touched.clear()
      this.#ended.clear()
    })
  }

  direct(remote: RemoteNode, kind: 'state' | 'data', text: string): void {
    const { id, link, served } = remote
    if (served === undefined) return
    this.#cut(text, (piece, place) => {
      const head = { kind, link, for: served, n: remote.directs + 1, b: this.casts, ...place }
      this.#publish(head, piece, id)
      remote.directs += 1
      remote.directBytes += piece.length
      this.#touched.add(remote)
    })
  }

  /** Leaves a place in the sequence of broadcasts empty. */
  skipCast(): void {
    this.casts += 1
  }

  skipDirect(remote: RemoteNode): void {
    remote.directs += 1
  }

  /**
   * The session is over on this side. What was to go to the node is dropped, and should it not know yet, it must take no
   * broadcast for what comes next.
   */
  end(remote: RemoteNode): void {
    this.#touched.delete(remote)
    if (remote.served !== undefined) this.#ended.add(remote.id)
  }

  /** A new session begins, with what was broadcast until now. */
  begin(remote: RemoteNode): void {
    this.#touched.delete(remote)
    this.#ended.delete(remote.id)
  }

  #cut(text: string, emit: (piece: Uint8Array, place: { size: number; off: number }) => void): void {
    const body = Buffer.from(text)
    let off = 0
    while (off < body.length) {
      const piece = body.subarray(off, off + this.#partBytes)
      try {
        emit(piece, { size: body.length, off })
        off += piece.length
      } catch (error) {
        if (!isTooLarge(error) || this.#partBytes <= MIN_PART_BYTES) {
          // The receivers notice what is missing, by the heartbeats or by what follows.
          this.#refuse(error)
          this.skipCast()
          return
        }
        this.#partBytes = Math.max(MIN_PART_BYTES, this.#partBytes >> 1)
      }
    }
  }

  #publish(head: FrameHead, body?: Uint8Array, to?: string): void {
    const { transport, prefix, nodeId } = this.#settings
    const payload = encodeFrame(this.#origin, head, body)
    transport.publishEvent(`${prefix}.${to === undefined ? 'all' : `to.${to}`}.${nodeId}`, payload)
    this.frames += 1
    this.bytes += payload.length
  }

  #refuse(error: unknown): void {
    this.refused += 1
    // It is closed on purpose, or says itself what is wrong.
    if (TransportError.is(error) && error.code === 'ERR_TRANSPORT_CLOSED') return
    this.#settings.logger.error({ err: error }, 'a message to the cluster could not be sent')
  }
}

/** Members of any name, `__proto__` among them. */
type Counts = Record<string, DirectCounts[string]>
const noCounts = (): Counts => Object.create(null) as Counts

export function counts(remotes: Iterable<RemoteNode>): DirectCounts {
  const all = noCounts()
  for (const { id, served, directs } of remotes) if (served !== undefined) all[id] = [served, directs]
  return all
}

function ended(ids: Iterable<string>): DirectCounts {
  const all = noCounts()
  for (const id of ids) all[id] = [NO_LINK, 0]
  return all
}

/** Ours says so with a code; the client library of NATS in words. */
function isTooLarge(error: unknown): boolean {
  if (TransportError.is(error)) return error.code === 'ERR_TRANSPORT_TOO_LARGE'
  return error instanceof Error && /max_payload/i.test(error.message)
}
