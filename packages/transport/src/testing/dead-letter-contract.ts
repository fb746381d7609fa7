import { describe, expect, test } from 'vitest'
import type { DeadLetterQuery, DeadLetters } from '../dead-letters.ts'
import { encodeDeadLetter } from '../envelope/dead-letter.ts'
import { TransportError } from '../errors.ts'
import type { InboundDelivery, Transport } from '../transport.ts'
import { Collected } from './collect.ts'
import type { ContractContext } from './contract.ts'

interface Parked {
  workspaceId: string
  projectId: string
  actor?: string
  subject?: string
  payloadBytes?: number
  parkedAt?: number
}

/** DLQ: looked at newest first, each within a scope, replayed and dropped. */
export function deadLetterContract({ connect, unique }: ContractContext): void {
  const frame = '{"text":"hello"}'

  const park = async (transport: Transport, { workspaceId, projectId, actor = 'room', ...rest }: Parked) => {
    const scope = { workspaceId, projectId }
    const payload = encodeDeadLetter({
      scope,
      actor,
      subject: rest.subject ?? `inbound.${workspaceId}.${projectId}.${actor}.lobby`,
      sequence: 7,
      messageId: unique(),
      attempts: 5,
      reason: { code: 'ERR_HANDLER', message: 'it failed' },
      parkedAt: rest.parkedAt ?? 0,
      payload: Buffer.from(frame),
      ...(rest.payloadBytes === undefined ? {} : { payloadBytes: rest.payloadBytes }),
    })
    return String(
      (await transport.publishDeadLetter({ scope, actor, payload, messageId: unique() })).sequence,
    )
  }

  /** All pages, as many as there are. */
  const all = async (deadLetters: DeadLetters, query: DeadLetterQuery): Promise<string[]> => {
    const ids: string[] = []
    let after: string | undefined
    do {
      const page = await deadLetters.list({ ...query, ...(after === undefined ? {} : { after }) })
      expect(page.items.length).toBeLessThanOrEqual(query.limit ?? 50)
      ids.push(...page.items.map(({ id }) => id))
      after = page.next ?? undefined
    } while (after !== undefined)
    return ids
  }

  const codeOf = async (promise: Promise<unknown>): Promise<unknown> => {
    const error = await promise.catch((reason: unknown) => reason)
    return TransportError.is(error) ? error.code : error
  }

  describe('dead letters', () => {
    test('are listed newest first, page by page, everybody’s or those of a workspace or a project', async () => {
      const transport = await connect()
      const [ws, other] = [unique(), unique()]
      const ids: string[] = []
      for (let n = 0; n < 7; n += 1) {
        await park(transport, { workspaceId: other, projectId: 'p1' })
        ids.push(await park(transport, { workspaceId: ws, projectId: n % 2 === 0 ? 'p1' : 'p2' }))
      }
      const newest = ids.toReversed()
      const { deadLetters } = transport
      for (const limit of [1, 2, 7, 50]) {
        expect(await all(deadLetters, { scope: { workspaceId: ws }, limit })).toEqual(newest)
      }
      expect(await all(deadLetters, { scope: { workspaceId: ws, projectId: 'p2' }, limit: 2 })).toEqual(
        newest.filter((_id, n) => n % 2 === 1),
      )
      const everybodys = await deadLetters.list({ limit: 3 })
      expect(everybodys.items.map(({ letter }) => letter.scope.workspaceId)).toEqual([ws, other, ws])
      expect(await deadLetters.list({ scope: { workspaceId: unique() } })).toEqual({ items: [], next: null })
    })

    test('say what they are', async () => {
      const transport = await connect()
      const scope = { workspaceId: unique(), projectId: 'p' }
      const id = await park(transport, { ...scope, actor: 'a room', subject: `inbound.w.p.x.y`, parkedAt: 5 })
      expect(await transport.deadLetters.get(id)).toEqual({
        id,
        letter: {
          scope,
          actor: 'a room',
          subject: 'inbound.w.p.x.y',
          sequence: 7,
          messageId: expect.any(String),
          attempts: 5,
          reason: { code: 'ERR_HANDLER', message: 'it failed' },
          parkedAt: 5,
          payload: Buffer.from(frame).toString('base64'),
        },
      })
    })

    test('have the scope of where they lie, whatever they say of themselves', async () => {
      const transport = await connect()
      const [scope, victim] = [{ workspaceId: unique(), projectId: 'p' }, unique()]
      const payload = encodeDeadLetter({
        scope: { workspaceId: victim, projectId: 'p' },
        actor: 'forged',
        subject: `inbound.${victim}.p.room.lobby`,
        sequence: 1,
        messageId: 'm',
        attempts: 1,
        reason: { code: 'c', message: 'm' },
        parkedAt: 1,
        payload: Buffer.from(frame),
      })
      const receipt = await transport.publishDeadLetter({ scope, actor: 'a', payload, messageId: unique() })
      const { deadLetters } = transport
      expect((await deadLetters.list({ scope: { workspaceId: victim } })).items).toEqual([])
      expect((await deadLetters.list({ scope })).items[0]?.letter).toMatchObject({ scope, actor: 'a' })
      // A replay speaks to the workers of its own project only.
      expect(await codeOf(deadLetters.replay(String(receipt.sequence)))).toBe(
        'ERR_TRANSPORT_DEAD_LETTER_INCOMPLETE',
      )
      expect(await deadLetters.get(String(receipt.sequence))).not.toBeNull()
    })

    test('outside the scope that is looked into are answered like those that do not exist', async () => {
      const transport = await connect()
      const scope = { workspaceId: unique(), projectId: 'p' }
      const id = await park(transport, scope)
      const { deadLetters } = transport
      const later = String(Number(id) + 1_000_000)
      for (const outside of [{ workspaceId: unique() }, { workspaceId: scope.workspaceId, projectId: 'q' }]) {
        expect(await deadLetters.get(id, outside)).toBeNull()
        expect(await deadLetters.drop(id, outside)).toBe(false)
        expect(await deadLetters.replay(id, outside)).toBeNull()
      }
      expect(await deadLetters.get(later)).toBeNull()
      expect(await deadLetters.drop(later)).toBe(false)
      expect(await deadLetters.replay(later)).toBeNull()
      expect(await deadLetters.get(id, scope)).not.toBeNull()
    })

    test('are dropped once', async () => {
      const transport = await connect()
      const scope = { workspaceId: unique(), projectId: 'p' }
      const [first, second] = [await park(transport, scope), await park(transport, scope)]
      expect(await transport.deadLetters.drop(first, scope)).toBe(true)
      expect(await transport.deadLetters.drop(first, scope)).toBe(false)
      expect(await transport.deadLetters.get(first)).toBeNull()
      expect(await all(transport.deadLetters, { scope })).toEqual([second])
    })

    test('are replayed to where they came from, under a new id each time, and are gone then', async () => {
      const transport = await connect()
      const scope = { workspaceId: unique(), projectId: 'p' }
      const ids = [await park(transport, scope), await park(transport, scope)]
      const received = new Collected<InboundDelivery>()
      await transport.consumeInbound({
        scope,
        actor: 'room',
        onDelivery: (delivery) => {
          delivery.ack()
          received.push(delivery)
        },
      })
      for (const id of ids) {
        expect(await transport.deadLetters.replay(id, scope)).toMatchObject({ duplicate: false })
        expect(await transport.deadLetters.replay(id, scope)).toBeNull()
      }
      const deliveries = await received.atLeast(2)
      expect(deliveries.map(({ payload }) => Buffer.from(payload).toString())).toEqual([frame, frame])
      expect(new Set(deliveries.map(({ messageId }) => messageId)).size).toBe(2)
      expect(deliveries[0]?.subject).toBe(`inbound.${scope.workspaceId}.p.room.lobby`)
      expect(await all(transport.deadLetters, { scope })).toEqual([])
    })

    test('that are not whole are not replayed', async () => {
      const transport = await connect()
      const id = await park(transport, { workspaceId: unique(), projectId: 'p', payloadBytes: 1_000_000 })
      expect(await codeOf(transport.deadLetters.replay(id))).toBe('ERR_TRANSPORT_DEAD_LETTER_INCOMPLETE')
      expect(await transport.deadLetters.get(id)).not.toBeNull()
    })

    test('that are none are left out of lists, and can be dropped', async () => {
      const transport = await connect()
      const scope = { workspaceId: unique(), projectId: 'p' }
      const known = await park(transport, scope)
      for (const payload of ['', '{}', 'null', '[]', '{"scope":1}']) {
        const message = { scope, actor: 'a', payload: Buffer.from(payload), messageId: unique() }
        const id = String((await transport.publishDeadLetter(message)).sequence)
        expect(await transport.deadLetters.get(id, scope)).toBeNull()
        expect(await all(transport.deadLetters, { scope, limit: 2 })).toEqual([known])
        expect(await transport.deadLetters.drop(id, scope)).toBe(true)
      }
    })

    test.each<[string, (deadLetters: DeadLetters) => Promise<unknown>]>([
      ['limit', (deadLetters) => deadLetters.list({ limit: 0 })],
      ['limit', (deadLetters) => deadLetters.list({ limit: 201 })],
      ['after', (deadLetters) => deadLetters.list({ after: 'x' })],
      ['after', (deadLetters) => deadLetters.list({ after: '1e3' })],
      ['scope', (deadLetters) => deadLetters.list({ scope: { workspaceId: '*' } })],
      ['scope', (deadLetters) => deadLetters.list({ scope: { workspaceId: 'w', projectId: 'a.b' } })],
      ['scope', (deadLetters) => deadLetters.get('1', { workspaceId: '>' })],
      ['id', (deadLetters) => deadLetters.get('-1')],
      ['id', (deadLetters) => deadLetters.drop('99999999999999999')],
      ['id', (deadLetters) => deadLetters.replay('1 ')],
    ])('a mistake in %s is named (%#)', async (option, act) => {
      const transport = await connect()
      const error = await act(transport.deadLetters).catch((reason: unknown) => reason)
      expect(error).toBeInstanceOf(TypeError)
      expect((error as Error).message).toContain(`"${option}"`)
    })

    test('of a closed transport are refused with a code', async () => {
      const transport = await connect()
      await transport.close()
      const { deadLetters } = transport
      for (const act of [
        deadLetters.list(),
        deadLetters.get('1'),
        deadLetters.drop('1'),
        deadLetters.replay('1'),
      ]) {
        expect(await codeOf(act)).toBe('ERR_TRANSPORT_CLOSED')
      }
    })
  })
}
