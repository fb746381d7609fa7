import { once } from 'node:events'
import { expect, test } from 'vitest'
import { WebSocket } from 'ws'
import { startWsGateway } from '../support/ws-gateway.ts'

type Frame = Record<string, unknown>

/** A bare client that answers pings only when it is told to. */
class SlowClient {
  readonly received: Frame[] = []
  readonly pings: Buffer[] = []
  readonly socket: WebSocket
  peerId = ''

  private constructor(url: string, options: object) {
    this.socket = new WebSocket(url, { autoPong: false, ...options })
    this.socket.on('ping', (data: Buffer) => {
      this.pings.push(data)
      this.socket.emit('taken')
    })
    this.socket.on('message', (data: Buffer) => {
      this.received.push(JSON.parse(data.toString()) as Frame)
      this.socket.emit('taken')
    })
  }

  static async login(url: string, options: object = {}): Promise<SlowClient> {
    const client = new SlowClient(url, options)
    await once(client.socket, 'open')
    client.send({
      type: 'hello',
      request_id: 'hello',
      identity: { application: 'raw' },
      authentication: { method: 'secret', login: 'ann', secret: 'pw' },
    })
    client.peerId = (await client.find('hello'))['peer_id'] as string
    return client
  }

  send(message: object): void {
    this.socket.send(JSON.stringify({ ...(this.peerId !== '' && { peer_id: this.peerId }), ...message }))
  }

  /** Resolves to the answer of a request. */
  async find(requestId: string): Promise<Frame> {
    const isIt = (frame: Frame): boolean => frame['request_id'] === requestId
    await this.until(() => this.received.some(isIt))
    return this.received.find(isIt) as Frame
  }

  async until(isSo: () => boolean): Promise<void> {
    // oxlint-disable-next-line no-await-in-loop -- until it is so
    while (!isSo()) await once(this.socket, 'taken')
  }

  async ask(requestId: string, message: object): Promise<Frame> {
    this.send({ ...message, request_id: requestId })
    return this.find(requestId)
  }

  /** Answers all pings it has had. */
  answerPings(): void {
    for (const data of this.pings.splice(0)) this.socket.pong(data)
  }

  get types(): unknown[] {
    return this.received.map(({ type }) => type)
  }
}

const update = (id: unknown, value: number): object => ({
  type: 'update-context',
  context_id: id,
  delta: { added: { value } },
})

/** Two members of a context: one that answers pings when it is told to, and one that does so at once. */
async function start({ isPage = false } = {}) {
  const gateway = await startWsGateway()
  const one = await SlowClient.login(
    gateway.url,
    isPage ? { origin: `http://127.0.0.1:${gateway.port}` } : {},
  )
  const two = await SlowClient.login(gateway.url, { autoPong: true })
  const { context_id: id } = await one.ask('create', {
    type: 'create-context',
    name: 'a',
    lifetime: 'retained',
  })
  await two.ask('subscribe', { type: 'subscribe-context', context_id: id })
  return { gateway, one, two, id, [Symbol.asyncDispose]: () => gateway[Symbol.asyncDispose]() }
}

test('a change by another waits until the client has taken in the answer to its own, and so does what comes after', async () => {
  await using setting = await start()
  const { one, two, id } = setting
  await one.ask('own', update(id, 1))
  one.received.length = 0
  await two.ask('other', update(id, 2))
  // Not held for itself, but behind what is held.
  one.send({ type: 'create-token', request_id: 'token' })
  await one.until(() => one.pings.length > 0)
  await two.ask('another', update(id, 3))
  expect(one.received).toEqual([])
  one.answerPings()
  await one.until(() => one.received.length === 3)
  expect(one.types).toEqual(expect.arrayContaining(['context-updated', 'token']))
  expect(one.received.filter(({ delta }) => delta !== undefined).map(({ delta }) => delta)).toEqual([
    { added: { value: 2 } },
    { added: { value: 3 } },
  ])
  // Nothing of its own is open any more: what others change comes at once.
  one.received.length = 0
  await two.ask('last', update(id, 4))
  await one.until(() => one.received.length === 1)
  expect(one.pings).toEqual([])
})

test('what was held goes out again only as far as the next answer', async () => {
  await using setting = await start()
  const { one, two, id } = setting
  await one.ask('own', update(id, 1))
  one.received.length = 0
  await two.ask('other', update(id, 2))
  await one.until(() => one.pings.length > 0)
  one.send({ ...update(id, 3), request_id: 'own again' })
  const isThird = ({ delta }: Frame): boolean => JSON.stringify(delta) === '{"added":{"value":3}}'
  await two.until(() => two.received.some(isThird))
  await two.ask('another', update(id, 4))
  one.answerPings()
  await one.until(() => one.received.length === 2 && one.pings.length > 0)
  expect(one.types).toEqual(['context-updated', 'success'])
  one.answerPings()
  await one.until(() => one.received.length === 3)
  expect(one.received.at(-1)).toMatchObject({ type: 'context-updated', delta: { added: { value: 4 } } })
})

test('an answer to a ping that was not asked for lets nothing out', async () => {
  await using setting = await start()
  const { one, two, id } = setting
  await one.ask('own', update(id, 1))
  one.received.length = 0
  await two.ask('other', update(id, 2))
  await one.until(() => one.pings.length > 0)
  for (const data of ['', 'in step 0', 'in step 99']) one.socket.pong(data)
  one.send({ type: 'create-token', request_id: 'token' })
  await two.ask('more', update(id, 3))
  expect(one.received).toEqual([])
  one.answerPings()
  await one.find('token')
})

test('a page waits for nothing: it takes in one message at a time', async () => {
  await using setting = await start({ isPage: true })
  const { one, two, id } = setting
  await one.ask('own', update(id, 1))
  one.received.length = 0
  await two.ask('other', update(id, 2))
  await one.until(() => one.received.length === 1)
  expect(one.pings).toEqual([])
})

test('a client that never answers the ping is ended like any other that does not keep up', async () => {
  await using gateway = await startWsGateway({ limits: { maxBufferedBytes: 100_000 } })
  const one = await SlowClient.login(gateway.url)
  const two = await SlowClient.login(gateway.url, { autoPong: true })
  const { context_id: id } = await one.ask('create', {
    type: 'create-context',
    name: 'a',
    lifetime: 'retained',
  })
  const closed = once(one.socket, 'close')
  for (let n = 0; n < 4; n += 1) {
    await two.ask(`big ${n}`, {
      type: 'update-context',
      context_id: id,
      delta: { added: { text: 'x'.repeat(40_000) } },
    })
  }
  await closed
  expect(gateway.gateway.stats()).toMatchObject({ connections: 1, slowConsumers: 1 })
})
