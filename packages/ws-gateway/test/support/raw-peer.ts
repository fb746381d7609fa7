import { once } from 'node:events'
import { connect, type Socket } from 'node:net'

export const KEY = 'dGhlIHNhbXBsZSBub25jZQ=='

/** A handshake as bytes; `changes` replaces headers, undefined leaves one out. */
export function handshake(
  changes: Record<string, string | undefined> = {},
  requestLine = 'GET /ws HTTP/1.1',
): string {
  const headers: Record<string, string | undefined> = {
    Host: '127.0.0.1',
    Upgrade: 'websocket',
    Connection: 'Upgrade',
    'Sec-WebSocket-Key': KEY,
    'Sec-WebSocket-Version': '13',
    ...changes,
  }
  const lines = Object.entries(headers).flatMap(([name, value]) =>
    value === undefined ? [] : `${name}: ${value}`,
  )
  return [requestLine, ...lines, '', ''].join('\r\n')
}

export interface FrameBits {
  opcode?: number
  fin?: boolean
  /** RSV bits, 0 to 7. */
  rsv?: number
  masked?: boolean
  /** Claimed instead of the payload's. */
  length?: number
}

/** One WebSocket frame of a client, well formed unless told otherwise (RFC 6455 section 5.2). */
export function frame(payload: string | Uint8Array, bits: FrameBits = {}): Buffer {
  const { opcode = 1, fin = true, rsv = 0, masked = true } = bits
  const body = Buffer.from(payload as Uint8Array)
  const length = bits.length ?? body.length
  const head = [(fin ? 0x80 : 0) | (rsv << 4) | opcode]
  const flag = masked ? 0x80 : 0
  if (length < 126) head.push(flag | length)
  else if (length < 65_536) head.push(flag | 126, length >> 8, length & 255)
  else
    head.push(
      flag | 127,
      0,
      0,
      0,
      0,
      (length >>> 24) & 255,
      (length >> 16) & 255,
      (length >> 8) & 255,
      length & 255,
    )
  // A mask of zeros leaves the payload readable.
  return Buffer.concat([Buffer.from(head), masked ? Buffer.alloc(4) : Buffer.alloc(0), body])
}

/** A bare TCP connection that keeps what it receives. */
export class RawPeer {
  readonly socket: Socket
  readonly closed: Promise<unknown>
  #received = Buffer.alloc(0)
  #wake: (() => void)[] = []

  private constructor(socket: Socket) {
    this.socket = socket
    this.closed = new Promise((resolve) => socket.once('close', resolve))
    socket.on('error', () => undefined)
    socket.on('data', (chunk) => {
      this.#received = Buffer.concat([this.#received, chunk])
      for (const wake of this.#wake.splice(0)) wake()
    })
  }

  static async connect(port: number, options: { allowHalfOpen?: boolean } = {}): Promise<RawPeer> {
    const peer = new RawPeer(connect({ port, host: '127.0.0.1', ...options }))
    await once(peer.socket, 'connect')
    return peer
  }

  /** With the handshake done and its answer taken. */
  static async upgraded(port: number, changes: Record<string, string> = {}): Promise<RawPeer> {
    const peer = await RawPeer.connect(port)
    peer.socket.write(handshake(changes))
    const answer = await peer.head()
    if (!answer.startsWith('HTTP/1.1 101')) throw new Error(answer)
    peer.#received = peer.#received.subarray(Buffer.byteLength(answer))
    return peer
  }

  get received(): Buffer {
    return this.#received
  }

  /** Resolves with the head of the HTTP answer. */
  async head(): Promise<string> {
    for (;;) {
      const end = this.#received.indexOf('\r\n\r\n')
      if (end !== -1) return this.#received.subarray(0, end + 4).toString()
      await new Promise<void>((resolve) => this.#wake.push(resolve))
    }
  }

  /** The code of the first close frame among the (short) frames received; null when there was none. */
  async closeCode(): Promise<number | null> {
    await this.closed
    for (let at = 0; at + 2 <= this.#received.length;) {
      const opcode = (this.#received[at] ?? 0) & 15
      const length = (this.#received[at + 1] ?? 0) & 127
      if (opcode === 8) return length >= 2 ? this.#received.readUInt16BE(at + 2) : 1005
      at += 2 + (length === 126 ? 2 + this.#received.readUInt16BE(at + 2) : length)
    }
    return null
  }
}
