import { afterEach, describe, expect, test, vi } from 'vitest'
import type { IdempotencyAttempt, IdempotencyStart } from '../management/idempotency.ts'
import { codeOf, type OpenedManagedStores } from './contract-parts.ts'

const DAY = 24 * 3_600_000

/** What was answered to requests with a key. */
export function idempotencyContract(open: () => Promise<OpenedManagedStores>): void {
  afterEach(() => void vi.useRealTimers())

  function later(ms: number): void {
    vi.useFakeTimers({ toFake: ['Date'], now: Date.now() + ms })
  }

  function attemptOf(start: IdempotencyStart): IdempotencyAttempt {
    if (start.state !== 'begun') throw new Error('it was completed')
    return start.attempt
  }

  describe('idempotency keys', () => {
    test('let one of many requests begin, and tell the others what it was answered', async () => {
      await using both = await open()
      const [one, other] = both.stores
      const starts = await Promise.allSettled(
        Array.from({ length: 10 }, (_, index) =>
          (index % 2 ? one : other).idempotency.begin('ann POST /x', 'k', 'body'),
        ),
      )
      const begun = starts.flatMap((each) => (each.status === 'fulfilled' ? [each.value] : []))
      const refused = starts.flatMap((each) =>
        each.status === 'rejected' ? [each.reason as { code: string }] : [],
      )
      expect(begun).toHaveLength(1)
      expect(new Set(refused.map(({ code }) => code))).toEqual(new Set(['ERR_IDEMPOTENCY_RUNNING']))
      const [start] = begun as [IdempotencyStart]
      const response = JSON.stringify({ status: 201, text: '\u0000 ü \ud83d\ude00' })
      await one.idempotency.complete(attemptOf(start), response)
      expect(await other.idempotency.begin('ann POST /x', 'k', 'body')).toEqual({
        state: 'completed',
        response,
      })
      expect(await codeOf(other.idempotency.begin('ann POST /x', 'k', 'another body'))).toBe(
        'ERR_IDEMPOTENCY_MISMATCH',
      )
      // Neither another scope nor another key is the same request, however the two are put together.
      for (const [scope, key] of [
        ['bob POST /x', 'k'],
        ['ann POST /x', 'K'],
        ['ann POST /', 'xk'],
      ] as const) {
        expect(await one.idempotency.begin(scope, key, 'body')).toMatchObject({ state: 'begun' })
      }
    })

    test('are free again when the attempt was abandoned', async () => {
      await using both = await open()
      const [one, other] = both.stores
      const first = attemptOf(await one.idempotency.begin('s', 'k', 'f'))
      expect(await codeOf(other.idempotency.begin('s', 'k', 'g'))).toBe('ERR_IDEMPOTENCY_MISMATCH')
      await one.idempotency.abandon(first)
      const second = attemptOf(await other.idempotency.begin('s', 'k', 'g'))
      await one.idempotency.abandon(first)
      await one.idempotency.complete(first, 'of the first')
      expect(await codeOf(other.idempotency.begin('s', 'k', 'g'))).toBe('ERR_IDEMPOTENCY_RUNNING')
      await other.idempotency.complete(second, 'of the second')
      await other.idempotency.abandon(second)
      await other.idempotency.complete(second, 'something else')
      expect(await one.idempotency.begin('s', 'k', 'g')).toEqual({
        state: 'completed',
        response: 'of the second',
      })
    })

    test('of an attempt whose process died are free after a minute, and it completes nothing then', async () => {
      await using both = await open()
      const [one, other] = both.stores
      vi.useFakeTimers({ toFake: ['Date'], now: Date.now() })
      const dead = attemptOf(await one.idempotency.begin('s', 'k', 'f'))
      later(59_999)
      expect(await codeOf(other.idempotency.begin('s', 'k', 'f'))).toBe('ERR_IDEMPOTENCY_RUNNING')
      later(1)
      const starts = await Promise.all(
        [one, other].map((store) => codeOf(store.idempotency.begin('s', 'k', 'f'))),
      )
      expect(starts.toSorted()).toEqual(['ERR_IDEMPOTENCY_RUNNING', 'nothing was thrown'])
      await one.idempotency.complete(dead, 'of the dead')
      expect(await codeOf(other.idempotency.begin('s', 'k', 'f'))).toBe('ERR_IDEMPOTENCY_RUNNING')
    })

    test('are forgotten after a day', async () => {
      await using both = await open()
      const [one] = both.stores
      await one.idempotency.complete(attemptOf(await one.idempotency.begin('s', 'k', 'f')), 'r')
      later(DAY - 1000)
      expect(await one.idempotency.begin('s', 'k', 'f')).toMatchObject({ state: 'completed' })
      later(1000)
      expect(await one.idempotency.begin('s', 'k', 'other')).toMatchObject({ state: 'begun' })
    })

    test("are texts of a client, and scope and fingerprint are the caller's", async () => {
      await using both = await open()
      const { idempotency } = both.stores[0]
      for (const key of ['', 'x'.repeat(256), null]) {
        expect(await codeOf(idempotency.begin('s', key as string, 'f'))).toBe('ERR_REQUEST_INVALID')
      }
      const strange = 'a\0\ud800\u2028'
      const attempt = attemptOf(await idempotency.begin(strange, strange, strange))
      await expect(idempotency.begin('', 'k', 'f')).rejects.toThrow('"scope"')
      await expect(idempotency.begin('s', 'k', 7 as never)).rejects.toThrow('"fingerprint"')
      await expect(idempotency.complete(attempt, 'x'.repeat(65_537))).rejects.toThrow('"response"')
      await idempotency.complete(attempt, 'x'.repeat(65_536))
    })
  })
}
