import { once } from 'node:events'
import { WebSocket } from 'ws'

/** A message of the gw3 protocol. */
export type Message = Record<string, unknown>

/** One socket to an interop gateway, spoken to in bare protocol. */
export interface InteropPeer extends AsyncDisposable {
  readonly received: Message[]
  /** Id of the peer, once it was welcomed. */
  readonly peerId: string
  send(message: Message): void
  /** Sends, and resolves with what answers the request. */
  ask(message: Message): Promise<Message>
  /** Resolves with the code with which the socket was closed. */
  readonly closed: Promise<number>
}

/** Opens a socket, logs in and joins `agm`. Rejects with the reason when it is refused. */
export async function openPeer(
  url: string,
  authentication: Message,
  identity: Message = { application: 'test' },
): Promise<InteropPeer> {
  const socket = new WebSocket(url)
  const received: Message[] = []
  const waiting = new Map<unknown, (message: Message) => void>()
  socket.on('message', (data: Buffer) => {
    const message = JSON.parse(data.toString()) as Message
    received.push(message)
    waiting.get(message['request_id'])?.(message)
  })
  const closed = once(socket, 'close').then(([code]) => code as number)
  closed.catch(() => undefined)
  await once(socket, 'open')

  let peerId = ''
  let count = 0
  const send = (message: Message): void => socket.send(JSON.stringify({ peer_id: peerId, ...message }))
  const ask = (message: Message): Promise<Message> => {
    count += 1
    const requestId = `r${count}`
    return new Promise((resolve) => {
      waiting.set(requestId, resolve)
      send({ ...message, request_id: requestId })
    })
  }
  const welcome = await ask({ type: 'hello', identity, authentication })
  if (welcome['type'] !== 'welcome') {
    socket.terminate()
    throw new Error(String(welcome['reason']))
  }
  peerId = String(welcome['peer_id'])
  await ask({ type: 'join', destination: 'agm' })
  return {
    received,
    peerId,
    send,
    ask,
    closed,
    async [Symbol.asyncDispose]() {
      socket.terminate()
      await closed
    },
  }
}

/** How an upgrade was answered: the status of a refusal, or 101. */
export async function upgradeStatus(url: string, origin?: string): Promise<number> {
  const socket = new WebSocket(url, { ...(origin !== undefined && { origin }) })
  return new Promise((resolve, reject) => {
    socket.on('unexpected-response', (_request, response) => {
      response.resume()
      resolve(response.statusCode ?? 0)
      socket.terminate()
    })
    socket.on('open', () => {
      resolve(101)
      socket.terminate()
    })
    socket.on('error', reject)
  })
}
