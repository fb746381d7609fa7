import type { Connection, InteropGateway } from '../../src/index.ts'
import { encodeMessage } from '../../src/protocol/encode.ts'

/** A connection as a socket would be one, without the socket: values go in as JSON carries them, messages come out as text. */
export class RawConnection {
  readonly received: Record<string, unknown>[] = []
  /** How the gateway ended it. */
  ended: [code: number, reason: string] | undefined
  writable = true
  readonly #connection: Connection

  constructor(gateway: InteropGateway, { remoteAddress = '192.0.2.1' }: { remoteAddress?: string } = {}) {
    this.#connection = gateway.connect({
      remoteAddress,
      trusted: false,
      deliver: (peerId, message, shared) => {
        this.received.push(JSON.parse(encodeMessage(peerId, message, shared)) as Record<string, unknown>)
      },
      writable: () => this.writable,
      // Like a client that never answers a close: the connection itself stays.
      close: (code, reason) => {
        this.ended ??= [code, reason]
      },
    })
  }

  send(message: unknown): void {
    this.#connection.receive(structuredClone(message))
  }

  /** Until every hello was answered. */
  async idle(): Promise<void> {
    await Promise.all(this.#connection.hellos)
  }

  take(type: string): Record<string, unknown>[] {
    const taken = this.received.filter((message) => message['type'] === type)
    const kept = this.received.filter((message) => message['type'] !== type)
    this.received.splice(0, this.received.length, ...kept)
    return taken
  }

  /** Says hello as `user`, whose secret is `pw`, and returns the peer's id. */
  async login(user: string, identity: object = {}): Promise<string> {
    this.send({
      type: 'hello',
      request_id: 'login',
      identity: { application: 'raw', ...identity },
      authentication: { method: 'secret', login: user, secret: 'pw' },
    })
    await this.idle()
    const [welcome] = this.take('welcome')
    if (welcome === undefined) throw new Error(`no welcome: ${JSON.stringify(this.received)}`)
    return welcome['peer_id'] as string
  }

  close(): void {
    this.#connection.closed()
  }
}
