import { once } from 'node:events'
import WebSocket from 'ws'

/** What a refused upgrade was answered with. */
export interface Refused {
  statusCode: number
  headers: Record<string, string | string[] | undefined>
  body: { statusCode?: number; error?: string; code?: string; message?: string }
}

export interface RawOptions {
  protocols?: string[] | undefined
  headers?: Record<string, string> | undefined
}

/** A bare WebSocket that keeps what it receives, as a client in another language would see it. */
export class RawClient {
  readonly socket: WebSocket
  readonly received: unknown[] = []
  readonly closed: Promise<{ code: number; reason: string }>
  #waiting: { matches: (frame: unknown) => boolean; resolve: (frame: unknown) => void }[] = []

  private constructor(socket: WebSocket) {
    this.socket = socket
    this.closed = once(socket, 'close').then(([code, reason]) => ({
      code: code as number,
      reason: String(reason),
    }))
    socket.on('message', (data) => {
      // ws hands out a Buffer for text.
      const frame: unknown = JSON.parse((data as Buffer).toString())
      this.received.push(frame)
      this.#waiting = this.#waiting.filter(({ matches, resolve }) => {
        if (!matches(frame)) return true
        resolve(frame)
        return false
      })
    })
  }

  /** Resolves to a client, or to how the upgrade was refused. */
  static connect(url: string, options: RawOptions = {}): Promise<RawClient | Refused> {
    const socket = new WebSocket(url, options.protocols ?? [], { headers: options.headers ?? {} })
    const client = new RawClient(socket)
    return new Promise((resolve, reject) => {
      socket.once('open', () => resolve(client))
      socket.once('unexpected-response', (_request, response) => {
        let body = ''
        response.setEncoding('utf8')
        response.on('data', (chunk: string) => (body += chunk))
        response.on('end', () => {
          resolve({
            statusCode: response.statusCode ?? 0,
            headers: response.headers,
            body: JSON.parse(body) as Refused['body'],
          })
        })
      })
      socket.once('error', reject)
    })
  }

  /** As `connect`, for a client that has to get in. */
  static async open(url: string, options: RawOptions = {}): Promise<RawClient> {
    const client = await RawClient.connect(url, options)
    if (client instanceof RawClient) return client
    throw new Error(`refused with ${client.statusCode} ${client.body.code}`)
  }

  send(frame: unknown): void {
    this.socket.send(JSON.stringify(frame))
  }

  /** The first frame, received already or later, that has these members. */
  frame(members: Record<string, unknown>): Promise<Record<string, unknown>> {
    const matches = (frame: unknown): boolean =>
      Object.entries(members).every(([name, value]) => (frame as Record<string, unknown>)[name] === value)
    const known = this.received.find(matches)
    if (known !== undefined) return Promise.resolve(known as Record<string, unknown>)
    return new Promise((resolve) => {
      this.#waiting.push({ matches, resolve: (frame) => resolve(frame as Record<string, unknown>) })
    })
  }
}

/** As `RawClient.connect`, for a client that has to be kept out. */
export async function connectRefused(url: string, options: RawOptions = {}): Promise<Refused> {
  const client = await RawClient.connect(url, options)
  if (!(client instanceof RawClient)) return client
  client.socket.terminate()
  throw new Error('was let in')
}
