import { randomBytes } from 'node:crypto'
import { afterAll, beforeAll, describe, expect, test } from 'vitest'
import { TransportError } from '../errors.ts'
import type { Transport } from '../transport.ts'
import { deadLetterContract } from './dead-letter-contract.ts'
import { inboundContract } from './inbound-contract.ts'
import { outboundContract } from './outbound-contract.ts'

/** One engine under test: a server, a broker, whatever transports meet in. */
export interface TransportBackend extends AsyncDisposable {
  /** Another started transport on the same engine. Closed by the suite. */
  connect(): Promise<Transport>
}

/** What the parts of the suite share. */
export interface ContractContext {
  connect(): Promise<Transport>
  /** Ids that no other test uses. */
  unique(): string
}

/**
 * The promises every engine keeps, as a vitest suite.
 *
 * @param open called once; disposed after the last test
 */
export function transportContract(name: string, open: () => Promise<TransportBackend>): void {
  describe(`transport contract: ${name}`, () => {
    let backend: TransportBackend
    const opened: Transport[] = []
    beforeAll(async () => {
      backend = await open()
    })
    afterAll(async () => {
      await Promise.all(opened.map((transport) => transport.close()))
      await backend[Symbol.asyncDispose]()
    })
    const context: ContractContext = {
      unique: () => randomBytes(6).toString('hex'),
      connect: async () => {
        const transport = await backend.connect()
        opened.push(transport)
        return transport
      },
    }

    inboundContract(context)
    outboundContract(context)
    deadLetterContract(context)

    describe('events', () => {
      test('reach every listener whose filter matches and no other', async () => {
        const [one, two] = [await context.connect(), await context.connect()]
        const prefix = context.unique()
        const heard: string[] = []
        await one.subscribeEvents(`${prefix}.*.x`, (_payload, subject) => heard.push(`one ${subject}`))
        await two.subscribeEvents(`${prefix}.>`, (payload) =>
          heard.push(`two ${Buffer.from(payload).toString()}`),
        )
        const last = new Promise<void>((resolve) => {
          void two.subscribeEvents(`${prefix}.end`, () => resolve())
        })
        one.publishEvent(`${prefix}.warm.up`, Buffer.from('0'))
        await settle(one, two)
        two.publishEvent(`${prefix}.a.x`, Buffer.from('1'))
        two.publishEvent(`${prefix}.a.y`, Buffer.from('2'))
        two.publishEvent(`${prefix}.end`, Buffer.from('3'))
        await last
        await settle(one, two)
        expect(heard.filter((line) => line.startsWith('two') && !line.endsWith('0'))).toEqual([
          'two 1',
          'two 2',
          'two 3',
        ])
        expect(heard.filter((line) => line.startsWith('one'))).toEqual([`one ${prefix}.a.x`])
      })

      test('stop after the subscription is closed', async () => {
        const transport = await context.connect()
        const subject = `${context.unique()}.x`
        let count = 0
        const subscription = await transport.subscribeEvents(subject, () => (count += 1))
        await subscription.close()
        transport.publishEvent(subject, Buffer.from('late'))
        await settle(transport)
        expect(count).toBe(0)
      })
    })

    describe('lifecycle', () => {
      test('a closed transport refuses everything with a code, and close is idempotent', async () => {
        const transport = await backend.connect()
        await Promise.all([transport.close(), transport.close(), transport.drain()])
        expect(transport.status().state).toBe('closed')
        await expect(transport.closed).resolves.toBeUndefined()
        const message = {
          scope: { workspaceId: 'w', projectId: 'p' },
          actor: 'a',
          actorId: 'i',
          payload: Buffer.from('{}'),
          messageId: context.unique(),
        }
        const error = await transport.publishInbound(message).catch((reason: unknown) => reason)
        expect(TransportError.is(error) && error.code).toBe('ERR_TRANSPORT_CLOSED')
      })

      test('a started transport reports that it is connected, holding nothing', async () => {
        const transport = await context.connect()
        expect(transport.status()).toMatchObject({ state: 'connected', pendingCount: 0, pendingBytes: 0 })
      })
    })
  })
}

/** Lets what was published before be delivered: an outbound round trip orders behind it on every connection. */
async function settle(...transports: Transport[]): Promise<void> {
  for (const transport of transports) {
    const subject = `settle.${randomBytes(6).toString('hex')}`
    await new Promise<void>((resolve) => {
      void transport
        .subscribeEvents(subject, () => resolve())
        .then(() => transport.publishEvent(subject, Buffer.alloc(0)))
    })
  }
}
