import { describe, expect, test } from 'vitest'
import { checkGrant } from '../../src/authorizer/check-grant.ts'
import { assertGrantHolds } from '../../src/authorizer/grant-holds.ts'

const good = { workspaceId: 'acme', projectId: 'one', userId: 'ann', claims: { role: 'x' } }

test('takes what it knows and nothing else', () => {
  expect(checkGrant({ ...good, expiresAtMs: 5, admin: true })).toEqual({ ...good, expiresAtMs: 5 })
  expect(checkGrant(good).expiresAtMs).toBeUndefined()
})

test('claims are claims: an exp among them ends nothing that the authorizer did not say', () => {
  expect(checkGrant({ ...good, claims: { exp: 1 } }).expiresAtMs).toBeUndefined()
})

test.each([Number.NaN, Number.POSITIVE_INFINITY, -1, 0, null, '5', 5n, new Date()])(
  'the expiresAtMs %s is a fault and not a session without end',
  (expiresAtMs) => expect(() => checkGrant({ ...good, expiresAtMs })).toThrow('"expiresAtMs"'),
)

test.each([null, true, 'yes', {}])('the isRevoked %j is a fault', (isRevoked) =>
  expect(() => checkGrant({ ...good, isRevoked })).toThrow('"isRevoked"'),
)

test.each([undefined, null, 'grant', {}, { ...good, workspaceId: 'a.b' }])('%j is no grant', (value) =>
  expect(() => checkGrant(value)).toThrow('no grant'),
)

describe('a grant holds', () => {
  test('until it expires', () => {
    expect(() => assertGrantHolds(good)).not.toThrow()
    expect(() => assertGrantHolds({ ...good, expiresAtMs: Date.now() + 10_000 })).not.toThrow()
    for (const expiresAtMs of [1, Date.now()]) {
      expect(() => assertGrantHolds({ ...good, expiresAtMs })).toThrow(
        expect.objectContaining({ code: 'token_expired', statusCode: 401 }),
      )
    }
  })

  test('until it is revoked, and whatever is not a clear no is a yes', () => {
    const holds = (isRevoked: () => unknown): void =>
      assertGrantHolds({ ...good, isRevoked: isRevoked as () => boolean })
    expect(() => holds(() => false)).not.toThrow()
    for (const answer of [true, undefined, null, 0, Promise.resolve(false)]) {
      expect(() => holds(() => answer)).toThrow(
        expect.objectContaining({ code: 'token_revoked', statusCode: 401 }),
      )
    }
  })

  test('asks with the receiver that the authorizer gave it', () => {
    class Live {
      readonly workspaceId = 'acme'
      readonly projectId = 'one'
      readonly userId = null
      readonly claims = {}
      #revoked = false
      revoke(): void {
        this.#revoked = true
      }
      isRevoked(): boolean {
        return this.#revoked
      }
    }
    const live = new Live()
    const grant = checkGrant(live)
    expect(grant.isRevoked?.()).toBe(false)
    live.revoke()
    expect(grant.isRevoked?.()).toBe(true)
  })
})

test('takes the limits of the project', () => {
  const limits = { maxConnections: 1, messagesPerSecond: 2, maxPayloadBytes: 3 }
  expect(checkGrant({ ...good, limits, isRevoked: () => false }).limits).toEqual(limits)
  expect(checkGrant({ ...good, limits }).limits).toEqual(limits)
  expect(checkGrant(good).limits).toBeUndefined()
})

test.each([{ maxConnections: 0 }, { messagesPerSecond: '1' }, { maxPayloadBytes: Number.NaN }, [], 'none'])(
  'the limits %j are a fault and not a session without them',
  (limits) => expect(() => checkGrant({ ...good, limits })).toThrow('"limits"'),
)

test('takes the code of a withdrawal, and no other code', () => {
  const withdrawn = checkGrant({ ...good, isRevoked: () => true, revokedCode: 'grant_withdrawn' })
  expect(() => assertGrantHolds(withdrawn)).toThrow(
    expect.objectContaining({ code: 'grant_withdrawn', statusCode: 503 }),
  )
  for (const revokedCode of ['forbidden', null, 7]) {
    expect(() => checkGrant({ ...good, isRevoked: () => true, revokedCode })).toThrow('"revokedCode"')
  }
})
