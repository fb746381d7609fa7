import { randomBytes } from 'node:crypto'
import {
  type DeadLetter,
  encodeInboundEnvelope,
  encodeNotice,
  type InboundMessage,
  type OutboundDelivery,
  type PublishReceipt,
  sessionSubject,
  type Transport,
} from '@portcullis/transport'
import { createEmbeddedTransport, EmbeddedBroker } from '@portcullis/transport/embedded'
import { afterEach } from 'vitest'
import type { Worker, WorkerOptions } from '../../src/index.ts'
import { createWorker } from '../../src/index.ts'

export const SCOPE = { workspaceId: 'w', projectId: 'p' }

/** What a session was sent. */
export interface Sent {
  sessionId: string
  message: unknown
}

const disposables: (() => Promise<unknown>)[] = []
afterEach(async () => {
  await Promise.all(disposables.splice(0).map((dispose) => dispose()))
})

/** The other side of a worker: clients that send, sessions that receive, and the dead letters. */
export class Relay {
  readonly transport: Transport
  readonly broker: EmbeddedBroker | undefined
  readonly sent: Sent[] = []
  #waiting: { length: number; resolve: () => void }[] = []

  constructor(transport: Transport, broker?: EmbeddedBroker) {
    this.transport = transport
    this.broker = broker
  }

  /** A relay in process, and a transport of its own for each worker. */
  static async embedded(): Promise<Relay> {
    const broker = new EmbeddedBroker()
    return new Relay(createEmbeddedTransport({ broker }), broker).start()
  }

  async start(): Promise<this> {
    await this.transport.start()
    disposables.push(() => this.transport.close())
    await this.transport.subscribeOutbound({ gatewayId: 'gw' }, (delivery) => this.#onSent(delivery))
    return this
  }

  /** Its transport, which nobody else uses; the broker is shared. */
  workerTransport(): Transport {
    const transport = createEmbeddedTransport({ broker: this.broker })
    disposables.push(() => transport.close())
    return transport
  }

  /** A worker of this relay that is closed after the test. Quick to retry. */
  worker(options: Partial<WorkerOptions> = {}): Worker {
    const worker = createWorker({ transport: this.workerTransport(), ...SCOPE, backoffMs: [5], ...options })
    disposables.push(() => worker.close())
    return worker
  }

  say(
    message: unknown,
    over: Partial<InboundMessage> & { sessionId?: string } = {},
  ): Promise<PublishReceipt> {
    const { sessionId = 'gw.s', ...rest } = over
    return this.transport.publishInbound({
      scope: SCOPE,
      actor: 'room',
      actorId: 'lobby',
      payload: encodeInboundEnvelope({
        scope: SCOPE,
        sessionId,
        userId: 'u',
        claims: { role: 'member' },
        message,
      }),
      messageId: randomBytes(8).toString('hex'),
      ...rest,
    })
  }

  leave(sessionId: string): void {
    const notice = { scope: SCOPE, sessionId, disconnectedAt: Date.now() }
    this.transport.publishEvent(sessionSubject('disconnected', SCOPE), encodeNotice(notice))
  }

  /** The messages sessions were sent, once there are so many. */
  async replies(length: number, timeoutMs = 10_000): Promise<unknown[]> {
    if (this.sent.length < length) {
      await new Promise<void>((resolve, reject) => {
        const timer = setTimeout(
          () => reject(new Error(`waited for ${length}, have ${JSON.stringify(this.sent)}`)),
          timeoutMs,
        )
        const done = () => {
          clearTimeout(timer)
          resolve()
        }
        this.#waiting.push({ length, resolve: done })
      })
    }
    return this.sent.map(({ message }) => message)
  }

  deadLetters(): DeadLetter[] {
    return (this.broker?.deadLetters() ?? []).map(
      (payload) => JSON.parse(Buffer.from(payload).toString()) as DeadLetter,
    )
  }

  #onSent({ sessionId, payload }: OutboundDelivery): void {
    const { message } = JSON.parse(Buffer.from(payload).toString()) as { message: unknown }
    this.sent.push({ sessionId, message })
    this.#waiting = this.#waiting.filter(({ length, resolve }) => {
      if (this.sent.length < length) return true
      resolve()
      return false
    })
  }
}

/** A promise and the way to settle it. */
export function gate(): { passed: Promise<void>; open: () => void } {
  let open!: () => void
  const passed = new Promise<void>((resolve) => {
    open = resolve
  })
  return { passed, open }
}

/** Lets everything happen that is due in this process. */
export async function settle(turns = 10): Promise<void> {
  for (let turn = 0; turn < turns; turn += 1) await new Promise((resolve) => setImmediate(resolve))
}

/** Resolves when a condition holds. */
export async function until(condition: () => boolean, timeoutMs = 10_000): Promise<void> {
  const deadline = Date.now() + timeoutMs
  while (!condition()) {
    if (Date.now() > deadline) throw new Error(`not so after ${timeoutMs} ms: ${condition.toString()}`)
    await new Promise((resolve) => setTimeout(resolve, 5))
  }
}
