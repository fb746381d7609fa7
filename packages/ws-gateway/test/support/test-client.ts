import { once } from 'node:events'
import WebSocket from 'ws'
import { Queue } from './queue.ts'

export interface Refused {
  statusCode: number
  headers: Record<string, string | string[] | undefined>
  body: { statusCode?: number; error?: string; code?: string; message?: string }
}

export interface ConnectOptions {
  protocols?: string[]
  headers?: Record<string, string>
  perMessageDeflate?: boolean
}

export type Json = Record<string, unknown>

/** The sub-protocol with control frames. */
export const V1: ConnectOptions = { protocols: ['portcullis.v1'] }

/** A WebSocket that keeps what it receives. */
export class TestClient {
  readonly socket: WebSocket
  /** Text of every frame. */
  readonly frames: Queue<string> = new Queue<string>()
  readonly closed: Promise<{ code: number; reason: string }>

  private constructor(socket: WebSocket) {
    this.socket = socket
    this.closed = once(socket, 'close').then(([code, reason]) => ({
      code: code as number,
      reason: String(reason),
    }))
    socket.on('message', (data) => this.frames.push((data as Buffer).toString()))
  }

  /** Resolves to a client, or to how it was refused. */
  static connect(url: string, options: ConnectOptions = {}): Promise<TestClient | Refused> {
    const { protocols = [], headers = {}, perMessageDeflate = false } = options
    const socket = new WebSocket(url, protocols, { headers, perMessageDeflate })
    const client = new TestClient(socket)
    client.closed.catch(() => undefined)
    return new Promise((resolve, reject) => {
      socket.on('error', reject)
      socket.once('open', () => resolve(client))
      socket.once('unexpected-response', (_request, response) => {
        let body = ''
        response.setEncoding('utf8')
        response.on('data', (chunk: string) => (body += chunk))
        response.on('end', () => {
          const { statusCode = 0, headers: answered } = response
          resolve({ statusCode, headers: answered, body: JSON.parse(body) as Refused['body'] })
        })
      })
    })
  }

  /** For a client that has to get in. */
  static async open(url: string, options: ConnectOptions = {}): Promise<TestClient> {
    const client = await TestClient.connect(url, options)
    if (client instanceof TestClient) return client
    throw new Error(`refused with ${client.statusCode} ${client.body.code}`)
  }

  /** For a client that has to be kept out. */
  static async refused(url: string, options: ConnectOptions = {}): Promise<Refused> {
    const client = await TestClient.connect(url, options)
    if (!(client instanceof TestClient)) return client
    client.socket.terminate()
    throw new Error('was let in')
  }

  /** Opens with `portcullis.v1` and takes the welcome. */
  static async welcomed(
    url: string,
    options: ConnectOptions = {},
  ): Promise<TestClient & { sessionId: string }> {
    const client = await TestClient.open(url, { ...V1, ...options })
    const { sessionId } = await client.json()
    return Object.assign(client, { sessionId: String(sessionId) })
  }

  /** Strings go out as they are. */
  send(frame: string | Json): void {
    this.socket.send(typeof frame === 'string' ? frame : JSON.stringify(frame))
  }

  /** The next frame. */
  async json(): Promise<Json> {
    return JSON.parse(await this.frames.next()) as Json
  }

  async close(): Promise<void> {
    this.socket.close()
    await this.closed
  }
}
