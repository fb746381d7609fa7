import { createServer, type Server } from 'node:http'
import type { AddressInfo } from 'node:net'
import { WebSocketServer, type WebSocket } from 'ws'
import { Queue } from './queue.ts'

/** A refusal of an upgrade. */
export interface Refusal {
  status: number
  headers?: Record<string, string>
  body?: string
  /** Leaves the response unfinished. */
  endless?: boolean
}

export interface ScriptedRelayOptions {
  port?: number
  /** Sent on connect; false sends nothing. */
  welcome?: false | { maxPayloadBytes?: number; maxInFlightFrames?: number }
  /** Answers application frames with an ack, and pings with a pong. @defaultValue true */
  answers?: boolean
  refuse?: (upgradeNumber: number) => Refusal | undefined
}

type Json = Record<string, unknown>

/** One client as the server sees it. */
export class Peer {
  readonly sessionId: string
  readonly protocols: string[]
  readonly frames: Queue<Json> = new Queue<Json>()
  readonly controls: Queue<Json> = new Queue<Json>()
  readonly closed: Promise<number>
  readonly #socket: WebSocket
  #seq = 0
  #outSeq = 0

  constructor(socket: WebSocket, sessionId: string, protocols: string[], answers: boolean) {
    this.#socket = socket
    this.sessionId = sessionId
    this.protocols = protocols
    this.closed = new Promise((resolve) => socket.once('close', resolve))
    socket.on('error', () => {})
    socket.on('message', (data) => {
      const frame = JSON.parse((data as Buffer).toString()) as Json
      if (!('actor' in frame)) {
        this.controls.push(frame)
        if (answers) this.send({ type: 'pong' })
        return
      }
      const seq = ++this.#seq
      this.frames.push({ ...frame, seq })
      if (answers) this.ack({ seq, id: frame['id'] })
    })
  }

  get token(): string | undefined {
    return this.protocols.find((protocol) => protocol.startsWith('bearer.'))?.slice('bearer.'.length)
  }

  send(frame: unknown): void {
    this.raw(JSON.stringify(frame))
  }

  raw(data: string | Buffer): void {
    this.#socket.send(data)
  }

  ack({ seq, id }: Json, more: Json = {}): void {
    this.send({ type: 'ack', seq, id, ...more })
  }

  nack({ seq, id }: Json, code: string, retryable: boolean, message = 'no'): void {
    this.send({ type: 'nack', seq, id, code, message, retryable })
  }

  message(message: unknown): void {
    this.send({ type: 'message', seq: ++this.#outSeq, message })
  }

  /** Asks for a new token. */
  requireReauth(remainingMs: number, deadline: number = Date.now() + remainingMs): void {
    this.send({ type: 'reauth_required', deadline, remainingMs })
  }

  /** Takes a new token. */
  reauthenticated(deadline: number | null = null): void {
    this.send({ type: 'reauthenticated', deadline })
  }

  close(code: number, reason = ''): void {
    this.#socket.close(code, reason)
  }

  /** Cuts the line. */
  cut(): void {
    this.#socket.terminate()
  }

  /** Reads nothing any more, not even a close. */
  pause(): void {
    this.#socket.pause()
  }

  /** Leaves the line open and dead. */
  freeze(): void {
    this.#socket.removeAllListeners('message')
  }
}

/**
 * The far end of `portcullis.v1` over real sockets, doing what a test tells it to: it decides nothing that the gateway
 * decides, so that tests can make it do what a gateway does on bad days only.
 */
export class ScriptedRelay implements AsyncDisposable {
  readonly peers: Queue<Peer> = new Queue<Peer>()
  upgradeCount = 0
  readonly #http: Server = createServer()
  readonly #ws = new WebSocketServer({ noServer: true, handleProtocols: () => 'portcullis.v1' })

  static async start(options: ScriptedRelayOptions = {}): Promise<ScriptedRelay> {
    const relay = new ScriptedRelay(options)
    await new Promise<void>((resolve) => relay.#http.listen(options.port ?? 0, '127.0.0.1', resolve))
    return relay
  }

  private constructor(options: ScriptedRelayOptions) {
    const { welcome = {}, answers = true, refuse } = options
    this.#http.on('upgrade', (request, socket, head) => {
      // A client may hang up on a refusal.
      socket.on('error', () => {})
      this.upgradeCount += 1
      const number = this.upgradeCount
      const refusal = refuse?.(number)
      if (refusal) {
        const headers = Object.entries({ connection: 'close', ...refusal.headers })
        const lines = headers.map(([name, value]) => `${name}: ${value}\r\n`).join('')
        socket.write(`HTTP/1.1 ${refusal.status} Refused\r\n${lines}\r\n${refusal.body ?? ''}`)
        if (!refusal.endless) socket.end()
        return
      }
      this.#ws.handleUpgrade(request, socket, head, (webSocket) => {
        const protocols = (request.headers['sec-websocket-protocol'] ?? '').split(',').map((p) => p.trim())
        const peer = new Peer(webSocket, `gw.session-${number}`, protocols, answers)
        if (welcome) {
          const limits = { maxPayloadBytes: 65_536, maxInFlightFrames: 64, ...welcome }
          const { sessionId } = peer
          peer.send({ type: 'welcome', protocol: 'portcullis.v1', sessionId, userId: 'ada', limits })
        }
        this.peers.push(peer)
      })
    })
  }

  get port(): number {
    return (this.#http.address() as AddressInfo).port
  }

  get url(): string {
    return `ws://127.0.0.1:${this.port}/ws`
  }

  async [Symbol.asyncDispose](): Promise<void> {
    for (const client of this.#ws.clients) client.terminate()
    await new Promise((resolve) => this.#http.close(resolve))
  }
}
