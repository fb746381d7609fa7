import { isJsonObject } from '../../protocol/parse.ts'

/** Of this protocol between gateways. Frames of another one are not heard. */
export const PROTOCOL_VERSION = 1

/** What every frame says of its sender. */
interface Origin {
  /** Node id; the last token of the subject says the same. */
  from: string
  /** Random per start of a node: another one means that what was known of the node is void. */
  epoch: string
  /** Milliseconds since the epoch, by the sender's clock. */
  startedAt: number
}

/** In place of a link: the sender has ended the session with the node. */
export const NO_LINK = ''

/** Per receiver: its link that the count is for, and how many direct frames it was sent on it. */
export type DirectCounts = Readonly<Record<string, readonly [link: string, count: number]>>

/** The body of a frame is a piece of a batch: bytes `off` and following of `size`. */
interface Piece {
  size: number
  off: number
}

/**
 * A link is one side's name for its current session with another node; a new session has a new one. Direct frames carry the
 * sender's link and the receiver's (`for`), so that whatever belongs to an earlier session is told apart.
 */
export type FrameHead =
  /** A node has started, and can be sent states for `link`. Broadcast. */
  | { kind: 'hello'; link: string }
  /** Alive; so many broadcasts, so many directs. Broadcast. */
  | { kind: 'beat'; n: number; d: DirectCounts }
  /** Gone. Broadcast. */
  | { kind: 'bye' }
  /** The n-th broadcast, after so many directs. */
  | ({ kind: 'cast'; n: number; d: DirectCounts } & Piece)
  /** Lost, or never had, the receiver's state: send it for `link`. Direct. */
  | { kind: 'want'; link: string }
  /** The n-th direct, after `b` broadcasts: the snapshots of all channels, first of all on a link. */
  | ({ kind: 'state'; link: string; for: string; n: number; b: number } & Piece)
  /** The n-th direct, after `b` broadcasts. */
  | ({ kind: 'data'; link: string; for: string; n: number; b: number } & Piece)
  /** So many bytes of frames have arrived since the state. Direct. */
  | { kind: 'ack'; link: string; for: string; bytes: number }
  /** To a node with the sender's own id that has just started: there is one already. */
  | { kind: 'twin' }

export type Frame = Origin & FrameHead & { body: Uint8Array }
export type FrameOf<K extends FrameHead['kind']> = Extract<Frame, { kind: K }>

export interface FrameOrigin {
  readonly from: string
  readonly epoch: string
  readonly startedAt: number
}

/** What a node can be called: one token of a subject. */
export const NODE_ID: RegExp = /^[A-Za-z0-9_-]{1,64}$/

const NEWLINE = 10
/** Heads list a count per node. */
const MAX_HEAD_BYTES = 64 * 1024
const NO_BODY = new Uint8Array()

/** A line of JSON, then the body as it is. */
export function encodeFrame(origin: FrameOrigin, head: FrameHead, body: Uint8Array = NO_BODY): Uint8Array {
  const line = Buffer.from(`${JSON.stringify({ v: PROTOCOL_VERSION, ...origin, ...head })}\n`)
  return body.length === 0 ? line : Buffer.concat([line, body])
}

/** The frame, or undefined for anything that is none, of this version, by the node that the subject names. */
export function decodeFrame(payload: Uint8Array, from: string, isDirect: boolean): Frame | undefined {
  if (!NODE_ID.test(from)) return undefined
  const end = payload.subarray(0, MAX_HEAD_BYTES).indexOf(NEWLINE)
  if (end < 0) return undefined
  let head: unknown
  try {
    head = JSON.parse(Buffer.from(payload.buffer, payload.byteOffset, end).toString('utf8'))
  } catch {
    return undefined
  }
  if (!isJsonObject(head) || head.v !== PROTOCOL_VERSION || head.from !== from) return undefined
  if (!isToken(head.epoch) || !isCount(head.startedAt)) return undefined
  const isKnown = typeof head.kind === 'string' ? CHECKS.get(head.kind) : undefined
  if (isKnown === undefined || isKnown.direct !== isDirect || !isKnown.check(head)) return undefined
  const body = payload.subarray(end + 1)
  if ('size' in head && !isPiece(head, body)) return undefined
  return { ...head, body } as unknown as Frame
}

type Head = Record<string, unknown>

const isOnLink = (head: Head): boolean => isToken(head.link) && isToken(head.for)
const isDirectPiece = (head: Head): boolean =>
  isOnLink(head) && isCount(head.n) && isCount(head.b) && 'size' in head

const CHECKS: ReadonlyMap<string, { direct: boolean; check(head: Head): boolean }> = new Map([
  ['hello', { direct: false, check: (head: Head) => isToken(head.link) }],
  ['beat', { direct: false, check: (head: Head) => isCount(head.n) && isCounts(head.d) }],
  ['bye', { direct: false, check: () => true }],
  ['cast', { direct: false, check: (head: Head) => isCount(head.n) && isCounts(head.d) && 'size' in head }],
  ['want', { direct: true, check: (head: Head) => isToken(head.link) }],
  ['state', { direct: true, check: isDirectPiece }],
  ['data', { direct: true, check: isDirectPiece }],
  ['ack', { direct: true, check: (head: Head) => isOnLink(head) && isCount(head.bytes) }],
  ['twin', { direct: true, check: () => true }],
])

function isToken(value: unknown): value is string {
  return typeof value === 'string' && value.length > 0 && value.length <= 64
}

function isCount(value: unknown): value is number {
  return Number.isSafeInteger(value) && (value as number) >= 0
}

/** What it says of others is not looked at; see `countFor`. */
function isCounts(value: unknown): value is DirectCounts {
  return isJsonObject(value)
}

function isPiece({ size, off }: Head, body: Uint8Array): boolean {
  return isCount(size) && isCount(off) && body.length > 0 && off + body.length <= size
}

/** What the sender says of its session with a node; undefined when it says nothing. */
export function countsFor(counts: DirectCounts, nodeId: string): { link: string; count: number } | undefined {
  const said: unknown = Object.hasOwn(counts, nodeId) ? counts[nodeId] : undefined
  if (!Array.isArray(said)) return undefined
  const [link, count] = said as unknown[]
  return typeof link === 'string' && isCount(count) ? { link, count } : undefined
}
