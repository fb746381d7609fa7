import { afterEach, expect, test } from 'vitest'
import {
  createPending,
  MAX_PENDING,
  MAX_PENDING_BYTES,
  type PendingOperations,
} from '../../../src/context/replication/pending.ts'
import type { Operation } from '../../../src/context/replication/wire.ts'

const fail = (): void => undefined
let pending: PendingOperations
afterEach(() => pending.close())

const update = (text: string): Operation => ({
  kind: 'update',
  key: 'c',
  delta: { added: { text } },
  by: { id: 'p' },
})
const REFUSED = { code: 'ERR_INTEROP_LIMITS_EXCEEDED' }

test('only so many bytes of changes wait, and there is room again for what was taken', () => {
  pending = createPending(60_000)
  const half = update('x'.repeat(MAX_PENDING_BYTES / 2 - 1000))
  const first = pending.add(half, { fail })
  pending.add(half, { fail })
  expect(() => pending.add(half, { fail })).toThrow(expect.objectContaining(REFUSED))
  pending.take(first.number)
  expect(pending.add(half, { fail }).number).toBe(3)
})

test('what has to be carried out is added however many wait', () => {
  pending = createPending(60_000)
  for (let count = 0; count < MAX_PENDING; count += 1) pending.add(update(''), { fail })
  expect(() => pending.add(update(''), { fail })).toThrow(expect.objectContaining(REFUSED))
  pending.add({ kind: 'hold', key: 'c' }, {})
  const ending = { cause: 'peer-left', domain: 'global' } as const
  const { number } = pending.add({ kind: 'release', key: 'd', ending }, { fail, keep: true })
  expect([pending.has('hold', 'c'), pending.has('release', 'c'), pending.has('release', 'd')]).toEqual([
    true,
    false,
    true,
  ])
  pending.take(number)
  expect(pending.has('release', 'd')).toBe(false)
})
