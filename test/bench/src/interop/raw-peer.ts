import { WebSocket } from 'ws'

type Message = Record<string, unknown> & { type: string }

/**
 * A peer without the client library: the same frames, at a small part of its cost, so that the gateway is what is waited for.
 */
export class RawPeer {
  readonly id: string
  readonly #socket: WebSocket
  /** Called with each message after the login. */
  onMessage: (text: string) => void = () => undefined

  private constructor(socket: WebSocket, id: string) {
    this.#socket = socket
    this.id = id
    socket.on('message', (data: Buffer) => this.onMessage(data.toString()))
  }

  /** Connected, logged in, and in the domain of methods. */
  static async open(port: number, application: string): Promise<RawPeer> {
    const socket = new WebSocket(`ws://127.0.0.1:${port}/gw`)
    await new Promise((resolve, reject) => {
      socket.once('open', resolve)
      socket.once('error', reject)
    })
    const welcome = new Promise<string>((resolve, reject) => {
      const receive = (data: Buffer): void => {
        const { type, peer_id, reason } = JSON.parse(data.toString()) as Message
        if (type === 'error') reject(new Error(String(reason)))
        if (type !== 'welcome') return
        socket.off('message', receive)
        resolve(String(peer_id))
      }
      socket.on('message', receive)
    })
    const authentication = { method: 'secret', login: 'bench', secret: 'bench' }
    const hello = {
      domain: 'global',
      type: 'hello',
      request_id: 'h',
      identity: { application },
      authentication,
    }
    socket.send(JSON.stringify(hello))
    const peer = new RawPeer(socket, await welcome)
    await peer.ask({ domain: 'global', type: 'join', destination: 'agm' }, 'success')
    return peer
  }

  send(message: object): void {
    this.#socket.send(JSON.stringify({ domain: 'agm', peer_id: this.id, ...message }))
  }

  /** Sends a request and resolves with the first message of a type. */
  async ask(message: object, type: string): Promise<Message> {
    const answer = new Promise<Message>((resolve, reject) => {
      this.onMessage = (text) => {
        const received = JSON.parse(text) as Message
        if (received.type === type) resolve(received)
        if (received.type === 'error') reject(new Error(String(received.reason)))
      }
    })
    this.send({ request_id: type, ...message })
    return answer.finally(() => {
      this.onMessage = () => undefined
    })
  }

  async close(): Promise<void> {
    const closed = new Promise((resolve) => this.#socket.once('close', resolve))
    this.#socket.close()
    await closed
  }
}
