import type { InteropClientOptions, InteropMessage, InteropGateway } from '../../src/index.ts'

type Wanted = (message: InteropMessage) => boolean

/** A client in the process of a gateway that keeps what it is sent, and waits for what it is asked to. */
export class TestClient {
  readonly received: InteropMessage[] = []
  readonly #waiting: { wanted: Wanted; resolve: (message: InteropMessage) => void }[] = []
  readonly #client: { send(message: object): void; close(): void }
  #requests = 0

  constructor(gateway: InteropGateway, options?: InteropClientOptions) {
    this.#client = gateway.client((message) => this.#take(message), options)
  }

  #take(message: InteropMessage): void {
    this.received.push(message)
    for (const entry of [...this.#waiting]) {
      if (!entry.wanted(message)) continue
      this.#waiting.splice(this.#waiting.indexOf(entry), 1)
      entry.resolve(message)
    }
  }

  send(message: object): void {
    this.#client.send(message)
  }

  /** The first message of the type, received already or yet to come. */
  async next(type: string): Promise<InteropMessage> {
    return this.find((message) => message.type === type)
  }

  async find(wanted: Wanted): Promise<InteropMessage> {
    const found = this.received.find(wanted)
    return found ?? new Promise((resolve) => this.#waiting.push({ wanted, resolve }))
  }

  /** Sends with an id of its own and waits for what answers it. */
  async request(message: object): Promise<InteropMessage> {
    this.#requests += 1
    const requestId = `request-${this.#requests}`
    this.send({ request_id: requestId, ...message })
    return this.find(({ request_id: id }) => id === requestId)
  }

  /** Says hello as `user` and returns the peer's id. */
  async login(user: string, identity: object = {}): Promise<string> {
    const answer = await this.request({
      type: 'hello',
      identity: { application: 'test', ...identity },
      authentication: { method: 'secret', login: user, secret: 'pw' },
    })
    if (answer.type !== 'welcome') throw new Error(`no welcome: ${JSON.stringify(answer)}`)
    return answer.peer_id as string
  }

  close(): void {
    this.#client.close()
  }
}

/** Options that let everybody in whose secret is `pw`. */
export const withPassword = {
  authentication: { basic: { secretVerifier: (_user: string, secret: string): boolean => secret === 'pw' } },
}
