import { AuthError } from '@portcullis/auth-core'
import { afterEach, beforeEach, expect, test, vi } from 'vitest'
import { contextOf } from '../../src/context/context-of.ts'
import type { OidcUserContext } from '../../src/context/user-context.ts'
import { OidcError } from '../../src/errors.ts'
import {
  createSocketSession,
  SOCKET_ENDS,
  type SocketSession,
  type SocketSessionOptions,
} from '../../src/socket/socket-session.ts'
import type { OidcVerifier, VerifiedToken } from '../../src/verifier/verifier.ts'

const START = 1_800_000_000_000

beforeEach(() => {
  vi.useFakeTimers({ now: START, toFake: ['Date', 'performance', 'setTimeout', 'clearTimeout'] })
})

afterEach(() => {
  vi.useRealTimers()
})

function verified(lifeMs: number, claims: Record<string, unknown> = {}): VerifiedToken {
  const expiresAtMs = Date.now() + lifeMs
  const all = { iss: 'https://issuer.test', sub: 'alice', exp: expiresAtMs / 1000, ...claims }
  return { claims: all, context: contextOf(all), expiresAtMs }
}

interface Opened {
  session: SocketSession
  sent: [event: string, payload: unknown][]
  ended: [code: string, closeCode: number][]
  /** What the verifier answers next. */
  answer: (token: VerifiedToken | Error | Promise<VerifiedToken>) => void
}

async function open(token: VerifiedToken, options: Partial<SocketSessionOptions> = {}): Promise<Opened> {
  const sent: Opened['sent'] = []
  const ended: Opened['ended'] = []
  let next: VerifiedToken | Error | Promise<VerifiedToken> = new AuthError('ERR_AUTH_TOKEN_INVALID', 'no')
  const verifier: OidcVerifier = {
    async verify() {
      if (next instanceof Error) throw next
      return next
    },
  }
  const session = createSocketSession({
    verifier,
    token,
    context: token.context,
    send: (event, payload) => void sent.push([event, payload]),
    end: (code, closeCode) => void ended.push([code, closeCode]),
    ...options,
  })
  await Promise.resolve()
  const answer: Opened['answer'] = (one) => {
    next = one
  }
  return { session, sent, ended, answer }
}

test('the peer is asked for a token a minute before the end, once, and the socket is closed at the end', async () => {
  const { session, sent, ended } = await open(verified(300_000))
  await vi.advanceTimersByTimeAsync(239_999)
  expect(sent).toEqual([])
  await vi.advanceTimersByTimeAsync(1)
  expect(sent).toEqual([['reauth_required', { deadline: START + 300_000, remainingMs: 60_000 }]])
  await vi.advanceTimersByTimeAsync(59_999)
  expect(session.isLive).toBe(true)
  expect(ended).toEqual([])
  await vi.advanceTimersByTimeAsync(1)
  expect(ended).toEqual([['token_expired', 4401]])
  expect(sent).toHaveLength(1)
  await vi.advanceTimersByTimeAsync(600_000)
  expect(ended).toHaveLength(1)
})

test('nothing is called before the session is there, even when it is over already', async () => {
  const ended: string[] = []
  const session: SocketSession = createSocketSession({
    verifier: { verify: async () => verified(1) },
    token: verified(-1),
    context: verified(-1).context,
    send: () => expect.unreachable(),
    end: (code) => void ended.push(`${code} ${session.deadline}`),
  })
  expect(ended).toEqual([])
  await Promise.resolve()
  expect(ended).toEqual([`token_expired ${START - 1}`])
})

test('a look at the clock ends a session whose timer is late', async () => {
  const { session, ended } = await open(verified(1000))
  vi.setSystemTime(START + 1000)
  expect(session.isLive).toBe(false)
  expect(ended).toEqual([['token_expired', 4401]])
})

test('a wall clock that is set back does not prolong a session', async () => {
  const { ended } = await open(verified(120_000))
  vi.setSystemTime(START - 3_600_000)
  await vi.advanceTimersByTimeAsync(120_000)
  expect(ended).toEqual([['token_expired', 4401]])
})

test('a wall clock that is set forward ends it within a minute', async () => {
  const { ended } = await open(verified(86_400_000))
  vi.setSystemTime(START + 86_400_001)
  await vi.advanceTimersByTimeAsync(60_000)
  expect(ended).toEqual([['token_expired', 4401]])
})

test('a token that lives for years is not over at once', async () => {
  const { session, ended } = await open(verified(2 ** 40))
  await vi.advanceTimersByTimeAsync(3_600_000)
  expect(session.isLive).toBe(true)
  expect(ended).toEqual([])
})

test('a reauth moves the end, and brings the claims and the context of the new token', async () => {
  const { session, sent, ended, answer } = await open(verified(100_000, { roles: ['a'] }))
  answer(verified(300_000, { roles: ['b'] }))
  await session.reauth('next')
  expect(sent).toEqual([['reauthenticated', { deadline: START + 300_000 }]])
  expect(session.context).toMatchObject({ userRole: 'b', roles: ['b'] })
  expect(session.claims['roles']).toEqual(['b'])
  expect(session.deadline).toBe(START + 300_000)
  await vi.advanceTimersByTimeAsync(299_999)
  expect(ended).toEqual([])
  await vi.advanceTimersByTimeAsync(1)
  expect(ended).toEqual([['token_expired', 4401]])
})

test('a reauth with a token that ends earlier ends the session earlier', async () => {
  const { session, ended, answer } = await open(verified(300_000))
  answer(verified(5000))
  await session.reauth('next')
  await vi.advanceTimersByTimeAsync(5000)
  expect(ended).toEqual([['token_expired', 4401]])
})

test('the same token again changes nothing and brings no second notice', async () => {
  const token = verified(50_000)
  const { session, sent, answer } = await open(token)
  answer(token)
  await session.reauth('same')
  await vi.advanceTimersByTimeAsync(49_000)
  expect(sent.map(([event]) => event)).toEqual(['reauth_required', 'reauthenticated'])
})

test('a short token is noticed at half of its life', async () => {
  const { session, sent, answer } = await open(verified(50_000))
  answer(verified(60_000))
  await session.reauth('next')
  await vi.advanceTimersByTimeAsync(29_999)
  expect(sent.map(([event]) => event)).toEqual(['reauth_required', 'reauthenticated'])
  await vi.advanceTimersByTimeAsync(1)
  expect(sent.at(-1)).toEqual(['reauth_required', { deadline: START + 60_000, remainingMs: 30_000 }])
})

test.each([
  ['subject', { sub: 'bob' }],
  ['issuer', { iss: 'https://other.test' }],
  ['organisation', { org_id: 'other' }],
  ['organisation, by having none,', { org_id: undefined }],
])('a reauth for another %s closes the socket', async (_what, claims) => {
  const { session, sent, ended, answer } = await open(verified(100_000, { org_id: 'acme' }))
  answer(verified(300_000, { org_id: 'acme', ...claims }))
  await session.reauth('next')
  expect(ended).toEqual([['reauth_mismatch', 4403]])
  expect(sent).toEqual([])
  expect(session.isLive).toBe(false)
})

test('a refused token leaves the session until its deadline', async () => {
  const { session, sent, ended, answer } = await open(verified(100_000))
  answer(new AuthError('ERR_AUTH_TOKEN_INVALID', 'the token is malformed'))
  await session.reauth({ not: 'text' })
  expect(sent).toEqual([
    ['reauth_failed', { code: 'reauth_failed', message: 'the token is malformed', retryable: false }],
  ])
  expect(ended).toEqual([])
  await vi.advanceTimersByTimeAsync(100_000)
  expect(ended).toEqual([['token_expired', 4401]])
})

test('a token inside the clock tolerance of the verifier does not count', async () => {
  const { session, sent, answer } = await open(verified(100_000))
  answer(verified(-1))
  await session.reauth('stale')
  expect(sent).toMatchObject([['reauth_failed', { code: 'reauth_failed' }]])
  expect(session.deadline).toBe(START + 100_000)
})

test.each([
  ['keys that cannot be had', new AuthError('ERR_AUTH_KEYS_UNAVAILABLE', 'secret detail')],
  ['a bug', new Error('secret detail')],
])('%s are no refusal', async (_what, error) => {
  const { session, sent, answer } = await open(verified(100_000))
  answer(error)
  await session.reauth('next')
  expect(sent).toEqual([
    [
      'reauth_failed',
      { code: 'reauth_unavailable', message: 'the token could not be checked', retryable: true },
    ],
  ])
})

test('one reauth at a time, and the next is welcome after it', async () => {
  const { session, sent, answer } = await open(verified(100_000))
  const { promise, resolve } = withResolve<VerifiedToken>()
  answer(promise)
  const first = session.reauth('one')
  await session.reauth('two')
  expect(sent).toMatchObject([['reauth_failed', { code: 'reauth_limited', retryable: true }]])
  resolve(verified(200_000))
  await first
  answer(verified(300_000))
  await session.reauth('three')
  expect(sent.slice(1).map(([event]) => event)).toEqual(['reauthenticated', 'reauthenticated'])
})

test('ten reauths in a minute are looked at, the eleventh is not', async () => {
  const { session, sent, answer } = await open(verified(300_000))
  answer(verified(300_000))
  for (let attempt = 0; attempt < 11; attempt += 1) await session.reauth('next')
  expect(sent.filter(([event]) => event === 'reauthenticated')).toHaveLength(10)
  expect(sent.at(-1)).toMatchObject(['reauth_failed', { code: 'reauth_limited' }])
  await vi.advanceTimersByTimeAsync(60_001)
  await session.reauth('next')
  expect(sent.at(-1)?.[0]).toBe('reauthenticated')
})

test('a token that was found good too late changes nothing', async () => {
  const { session, sent, ended, answer } = await open(verified(1000), { reauthNoticeMs: 0 })
  const { promise, resolve } = withResolve<VerifiedToken>()
  answer(promise)
  const reauth = session.reauth('late')
  await vi.advanceTimersByTimeAsync(1000)
  resolve(verified(300_000))
  await reauth
  expect(ended).toEqual([['token_expired', 4401]])
  expect(sent).toEqual([])
})

test('nothing is sent, ended or looked at after close', async () => {
  const recheck = vi.fn(async (context: OidcUserContext) => context)
  const { session, sent, ended, answer } = await open(verified(100_000), { users: { recheck } })
  answer(verified(300_000))
  session.close()
  session.close()
  await session.reauth('next')
  await vi.advanceTimersByTimeAsync(600_000)
  expect(sent).toEqual([])
  expect(ended).toEqual([])
  expect(recheck).not.toHaveBeenCalled()
  expect(session.isLive).toBe(false)
  expect(vi.getTimerCount()).toBe(0)
})

test('a session that is closed in the midst of a notice leaves no timer', async () => {
  const { session } = await open(verified(100_000), { send: () => session.close() })
  await vi.advanceTimersByTimeAsync(100_000)
  expect(vi.getTimerCount()).toBe(0)
})

test('a user who was disabled is closed at the next look', async () => {
  const recheck = vi.fn(async (context: OidcUserContext) => context)
  const { ended } = await open(verified(600_000), { users: { recheck } })
  await vi.advanceTimersByTimeAsync(60_000)
  expect(recheck).toHaveBeenCalledTimes(1)
  expect(ended).toEqual([])
  recheck.mockRejectedValue(new OidcError('ERR_USER_DISABLED', 'the account is disabled'))
  await vi.advanceTimersByTimeAsync(60_000)
  expect(ended).toEqual([['user_disabled', 4403]])
  await vi.advanceTimersByTimeAsync(600_000)
  expect(recheck).toHaveBeenCalledTimes(2)
})

test('a role taken away takes effect at the next look, and the directory is asked about the role of the token', async () => {
  const token = verified(600_000, { roles: ['admin'] })
  const asked: string[][] = []
  let local: string | null = 'guest'
  const { session } = await open(token, {
    recheckMs: 1000,
    users: {
      recheck: async (context) => {
        asked.push(context.roles)
        return local === null ? context : { ...context, userRole: local, roles: [local] }
      },
    },
  })
  expect(session.context.roles).toEqual(['admin'])
  await vi.advanceTimersByTimeAsync(1000)
  expect(session.context).toMatchObject({ userRole: 'guest', roles: ['guest'] })
  local = null
  await vi.advanceTimersByTimeAsync(1000)
  expect(session.context.roles).toEqual(['admin'])
  expect(asked).toEqual([['admin'], ['admin']])
})

test('a look at the user can be asked for, and does not move the next one', async () => {
  let asked = 0
  let isDisabled = false
  const recheck = async (context: OidcUserContext): Promise<OidcUserContext> => {
    asked += 1
    if (isDisabled) throw new OidcError('ERR_USER_DISABLED', 'no')
    return { ...context, userRole: `look ${asked}` }
  }
  const { session, ended } = await open(verified(600_000), { recheckMs: 1000, users: { recheck } })
  await session.recheck()
  expect(session.context.userRole).toBe('look 1')
  await vi.advanceTimersByTimeAsync(1000)
  expect(asked).toBe(2)
  isDisabled = true
  await session.recheck()
  expect(ended).toEqual([['user_disabled', 4403]])
  await session.recheck()
  await vi.advanceTimersByTimeAsync(5000)
  expect(asked).toBe(3)
})

test('a look that is asked for never rejects, also where nobody can be asked', async () => {
  const { session } = await open(verified(600_000))
  await session.recheck()
  const recheck = async (): Promise<never> => Promise.reject(new Error('down'))
  const { session: other, ended } = await open(verified(600_000), { recheckMs: 0, users: { recheck } })
  await other.recheck()
  expect([other.isLive, ended]).toEqual([true, []])
})

test('an outage of the directory closes nobody', async () => {
  const recheck = vi.fn().mockRejectedValue(new OidcError('ERR_USER_PROVISION_FAILED', 'down'))
  const { session, ended } = await open(verified(600_000), { users: { recheck }, recheckMs: 1000 })
  await vi.advanceTimersByTimeAsync(3000)
  expect(recheck).toHaveBeenCalledTimes(3)
  expect(session.isLive).toBe(true)
  expect(ended).toEqual([])
})

test('a look that began before a reauth does not bring the old token back', async () => {
  const { promise, resolve } = withResolve<OidcUserContext>()
  const old = verified(600_000, { roles: ['old'] })
  const recheck = vi.fn(async (context: OidcUserContext) => context).mockReturnValueOnce(promise)
  const { session, answer } = await open(old, { users: { recheck }, recheckMs: 1000 })
  await vi.advanceTimersByTimeAsync(1000)
  answer(verified(600_000, { roles: ['new'] }))
  await session.reauth('next')
  resolve(old.context)
  await vi.advanceTimersByTimeAsync(0)
  expect(session.context.roles).toEqual(['new'])
})

test('a reauth of a disabled user closes the socket', async () => {
  const recheck = vi.fn().mockRejectedValue(new OidcError('ERR_USER_DISABLED', 'the account is disabled'))
  const { session, ended, answer } = await open(verified(600_000), { users: { recheck }, recheckMs: 0 })
  answer(verified(900_000))
  await session.reauth('next')
  expect(ended).toEqual([['user_disabled', 4403]])
})

test('users are not looked at again with 0', async () => {
  const recheck = vi.fn(async (context: OidcUserContext) => context)
  await open(verified(600_000), { users: { recheck }, recheckMs: 0 })
  await vi.advanceTimersByTimeAsync(500_000)
  expect(recheck).not.toHaveBeenCalled()
})

test('callbacks that throw harm nobody', async () => {
  const thrower = (): never => {
    throw new Error('gone')
  }
  const { session } = await open(verified(100_000), { send: thrower, end: thrower })
  await vi.advanceTimersByTimeAsync(100_000)
  expect(session.isLive).toBe(false)
})

test.each([
  ['reauthNoticeMs', -1],
  ['reauthNoticeMs', Number.NaN],
  ['recheckMs', 2 ** 31],
  ['recheckMs', 0.5],
])('%s cannot be %d', async (name, value) => {
  await expect(open(verified(1000), { [name]: value })).rejects.toThrow(new RegExp(`"${name}"`))
})

test('close codes are what they are', () => {
  expect(SOCKET_ENDS).toEqual({ token_expired: 4401, reauth_mismatch: 4403, user_disabled: 4403 })
})

function withResolve<T>(): { promise: Promise<T>; resolve: (value: T) => void } {
  let resolve: (value: T) => void = () => undefined
  const promise = new Promise<T>((settle) => {
    resolve = settle
  })
  return { promise, resolve }
}
