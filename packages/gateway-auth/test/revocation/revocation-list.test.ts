import { expect, test } from 'vitest'
import { RevocationList } from '../../src/revocation/revocation-list.ts'

const now = Date.now()
const iat = (ms: number): number => Math.floor(ms / 1000)

test('a client revocation voids what was issued until then, family and token revocations what they name', () => {
  const list = new RevocationList(10)
  const at = Math.floor(now / 1000) * 1000
  list.add({ kind: 'client', id: 'c', at, expiresAt: now + 60_000 })
  list.add({ kind: 'family', id: 'f', at, expiresAt: now + 60_000 })
  list.add({ kind: 'token', id: 't', at, expiresAt: now + 60_000 })
  const isRevoked = (claims: object): boolean => list.isRevoked({ iat: iat(at), ...claims })
  expect(isRevoked({ client_id: 'c' })).toBe(true)
  expect(isRevoked({ client_id: 'c', iat: iat(at) + 1 })).toBe(false)
  expect(isRevoked({ sid: 'f', iat: iat(at) + 100 })).toBe(true)
  expect(isRevoked({ jti: 't' })).toBe(true)
  expect(isRevoked({ client_id: 'f', sid: 't', jti: 'c' })).toBe(false)
  expect(isRevoked({ client_id: '__proto__', sid: 7, jti: null })).toBe(false)
})

test('the same revocation is news once, a later one again', () => {
  const list = new RevocationList(10)
  const first = { kind: 'client', id: 'c', at: now, expiresAt: now + 60_000 } as const
  expect([list.add(first), list.add(first), list.add({ ...first, at: now + 1 })]).toEqual([true, false, true])
  expect(list.add({ ...first, id: 'd', expiresAt: now - 1 })).toBe(false)
  expect(list.size).toBe(1)
})

test('past its bound it holds no more, and still forgets no revocation', () => {
  const list = new RevocationList(100)
  for (let i = 0; i < 1000; i += 1) {
    list.add({ kind: 'family', id: `f${i}`, at: now + i * 1000, expiresAt: now + 10_000_000 })
  }
  expect(list.size).toBe(100)
  for (let i = 0; i < 1000; i += 1) {
    expect(list.isRevoked({ sid: `f${i}`, iat: iat(now + i * 1000) })).toBe(true)
  }
  expect(list.isRevoked({ sid: 'other', iat: iat(now + 2_000_000) })).toBe(false)
})
