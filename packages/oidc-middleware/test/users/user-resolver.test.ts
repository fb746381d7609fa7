import { afterEach, expect, test, vi } from 'vitest'
import type { TokenClaims } from '@portcullis/auth-core'
import { createUserResolver, OidcError, type LocalUser, type OidcUserContext } from '../../src/index.ts'
import { eventually } from '../support/eventually.ts'

const ALICE: OidcUserContext = {
  userId: 'alice',
  sub: 'alice',
  email: 'alice@example.com',
  name: 'Alice',
  userRole: 'admin',
  roles: ['admin', 'user'],
  permissions: ['read'],
  features: {},
}

/** Only the monotonic clock is faked. */
function fakeClock(): { advance(ms: number): void } {
  vi.useFakeTimers({ toFake: ['performance'] })
  return { advance: (ms) => vi.advanceTimersByTime(ms) }
}

afterEach(() => {
  vi.useRealTimers()
})

async function refusal(promise: Promise<unknown>): Promise<OidcError> {
  const error = await promise.then(
    () => undefined,
    (reason: unknown) => reason,
  )
  expect(OidcError.is(error)).toBe(true)
  return error as OidcError
}

test('the local user has its own id, and the roles of the token when it has none', async () => {
  const asked: unknown[] = []
  const users = createUserResolver({
    findOrCreate(...args) {
      asked.push(args)
      return { id: 42 }
    },
  })
  expect(await users.resolve(ALICE)).toEqual({ ...ALICE, userId: '42' })
  expect(asked).toEqual([['alice', { email: 'alice@example.com', name: 'Alice' }]])
})

test('the id may be called userId', async () => {
  const users = createUserResolver({ findOrCreate: () => Promise.resolve({ userId: 'u-1' }) })
  expect((await users.resolve(ALICE)).userId).toBe('u-1')
})

test('a local role replaces those of the token, so that admin in the token is not enough', async () => {
  const users = createUserResolver({ findOrCreate: () => ({ id: 1, role: 'viewer' }) })
  const context = await users.resolve(ALICE)
  expect(context).toMatchObject({ userRole: 'viewer', roles: ['viewer'], permissions: ['read'] })
  expect(ALICE.roles).toEqual(['admin', 'user'])
})

test('a disabled user is refused, also from the cache', async () => {
  let asked = 0
  const users = createUserResolver({
    findOrCreate() {
      asked += 1
      return { id: 1, isDisabled: true }
    },
  })
  for (let time = 0; time < 3; time += 1) {
    expect(await refusal(users.resolve(ALICE))).toMatchObject({ code: 'ERR_USER_DISABLED', statusCode: 403 })
  }
  expect(asked).toBe(1)
})

test('a user who is disabled is refused as such whatever else the directory does not say', async () => {
  for (const user of [{}, { id: null }, { id: '', role: '' }, { id: {}, role: 7 }]) {
    const users = createUserResolver({ findOrCreate: () => ({ ...user, isDisabled: true }) as never })
    for (const ask of [users.resolve, users.recheck]) {
      expect(await refusal(ask(ALICE))).toMatchObject({ code: 'ERR_USER_DISABLED' })
    }
  }
})

test('two issuers that call different people alike share neither question nor answer', async () => {
  const asked: unknown[] = []
  const users = createUserResolver({
    async findOrCreate(sub, _profile, claims) {
      asked.push([sub, claims?.['iss']])
      await new Promise((resolve) => setImmediate(resolve))
      return { id: `${String(claims?.['iss'])}#${sub}`, isDisabled: claims?.['iss'] === 'https://b' }
    },
  })
  const of = (iss: string): TokenClaims => ({ iss, sub: 'alice', exp: 1 })
  const [one, other, nobody] = await Promise.all([
    users.resolve(ALICE, of('https://a')),
    refusal(users.resolve(ALICE, of('https://b'))),
    users.resolve(ALICE),
  ])
  expect([one.userId, other.code, nobody.userId]).toEqual([
    'https://a#alice',
    'ERR_USER_DISABLED',
    'undefined#alice',
  ])
  expect((await users.resolve(ALICE, of('https://a'))).userId).toBe('https://a#alice')
  expect((await refusal(users.resolve(ALICE, of('https://b')))).code).toBe('ERR_USER_DISABLED')
  expect((await refusal(users.recheck(ALICE, of('https://b')))).code).toBe('ERR_USER_DISABLED')
  expect(asked).toEqual([
    ['alice', 'https://a'],
    ['alice', 'https://b'],
    ['alice', undefined],
    ['alice', 'https://b'],
  ])
})

test('a hundred callers with one sub ask once', async () => {
  let asked = 0
  const users = createUserResolver(
    {
      async findOrCreate() {
        asked += 1
        await new Promise((resolve) => setImmediate(resolve))
        return { id: asked }
      },
    },
    { cacheMs: 0 },
  )
  const found = await Promise.all(Array.from({ length: 100 }, () => users.resolve(ALICE)))
  expect(new Set(found.map(({ userId }) => userId))).toEqual(new Set(['1']))
  expect(asked).toBe(1)
  expect((await users.resolve(ALICE)).userId).toBe('2')
})

test('an answer holds for five seconds and no longer', async () => {
  const clock = fakeClock()
  let user: LocalUser = { id: 1 }
  const users = createUserResolver({ findOrCreate: () => user })
  await users.resolve(ALICE)
  user = { id: 1, isDisabled: true }
  clock.advance(4999)
  await users.resolve(ALICE)
  clock.advance(1)
  expect((await refusal(users.resolve(ALICE))).code).toBe('ERR_USER_DISABLED')
})

test('a re-check asks past the cache, and what it finds holds for everybody', async () => {
  let user: LocalUser = { id: 1 }
  const users = createUserResolver({ findOrCreate: () => user })
  await users.resolve(ALICE)
  user = { id: 1, isDisabled: true }
  expect((await users.resolve(ALICE)).userId).toBe('1')
  expect((await refusal(users.recheck(ALICE))).code).toBe('ERR_USER_DISABLED')
  expect((await refusal(users.resolve(ALICE))).code).toBe('ERR_USER_DISABLED')
})

test('an answer that a later question overtook is not remembered', async () => {
  const answers: Array<(user: LocalUser) => void> = []
  const users = createUserResolver({
    findOrCreate: () => new Promise<LocalUser>((resolve) => answers.push(resolve)),
  })
  const first = users.resolve(ALICE)
  const second = refusal(users.recheck(ALICE))
  answers[1]?.({ id: 1, isDisabled: true })
  expect((await second).code).toBe('ERR_USER_DISABLED')
  answers[0]?.({ id: 1 })
  expect((await first).userId).toBe('1')
  expect((await refusal(users.resolve(ALICE))).code).toBe('ERR_USER_DISABLED')
})

test('a re-check does not take the answer to a question that was asked before it, and shares the next', async () => {
  const answers: Array<(user: LocalUser) => void> = []
  const users = createUserResolver({
    findOrCreate: () => new Promise<LocalUser>((resolve) => answers.push(resolve)),
  })
  const first = users.recheck(ALICE)
  // Now she is disabled, and somebody who knows asks again.
  const later = [refusal(users.recheck(ALICE)), refusal(users.recheck(ALICE))]
  answers[0]?.({ id: 1 })
  expect((await first).userId).toBe('1')
  await eventually(() => expect(answers).toHaveLength(2))
  answers[1]?.({ isDisabled: true })
  expect((await Promise.all(later)).map(({ code }) => code)).toEqual([
    'ERR_USER_DISABLED',
    'ERR_USER_DISABLED',
  ])
  expect(answers).toHaveLength(2)
})

test('a re-check that fails hinders none of those that wait for it', async () => {
  let asked = 0
  const users = createUserResolver({
    async findOrCreate() {
      asked += 1
      if (asked === 1) throw new Error('down')
      return { id: asked }
    },
  })
  const first = refusal(users.recheck(ALICE))
  const second = users.recheck(ALICE)
  expect((await first).code).toBe('ERR_USER_PROVISION_FAILED')
  expect((await second).userId).toBe('2')
  expect((await users.recheck(ALICE)).userId).toBe('3')
})

test.each<[string, () => unknown]>([
  [
    'throws',
    () => {
      throw new Error('HIDDEN')
    },
  ],
  ['rejects', () => Promise.reject(new Error('HIDDEN'))],
  ['finds nobody', () => null],
  ['answers nothing', () => undefined],
  ['answers with text', () => 'HIDDEN'],
  ['answers without an id', () => ({ role: 'admin' })],
  ['answers with an empty id', () => ({ id: '' })],
  ['answers with NaN', () => ({ id: Number.NaN })],
  ['answers with an object for an id', () => ({ id: { HIDDEN: 1 } })],
  ['answers with a role that is no text', () => ({ id: 1, role: ['HIDDEN'] })],
  ['answers with an empty role', () => ({ id: 1, role: '' })],
  ['answers with a flag that is text', () => ({ id: 1, isDisabled: 'false' })],
  [
    'answers with a getter that throws',
    () => ({
      get id() {
        throw new Error('HIDDEN')
      },
    }),
  ],
])('a directory that %s is a failure of the server, told to nobody', async (_what, findOrCreate) => {
  const users = createUserResolver({ findOrCreate: findOrCreate as never })
  for (const ask of [users.resolve, users.recheck]) {
    const error = await refusal(ask(ALICE))
    expect(error).toMatchObject({ code: 'ERR_USER_PROVISION_FAILED', statusCode: 500, expose: false })
    expect(error.message).not.toContain('HIDDEN')
  }
})

test('a failure is not remembered', async () => {
  let broken = true
  const users = createUserResolver({
    findOrCreate() {
      if (broken) throw new Error('down')
      return { id: 1 }
    },
  })
  expect((await refusal(users.resolve(ALICE))).code).toBe('ERR_USER_PROVISION_FAILED')
  broken = false
  expect((await users.resolve(ALICE)).userId).toBe('1')
})

test('a directory that says nothing is given up, and what it says later is dropped', async () => {
  let late: (error: Error) => void = () => undefined
  const users = createUserResolver(
    {
      findOrCreate: () =>
        new Promise<LocalUser>((_resolve, reject) => {
          late = reject
        }),
    },
    { timeoutMs: 1 },
  )
  expect((await refusal(users.resolve(ALICE))).code).toBe('ERR_USER_PROVISION_FAILED')
  late(new Error('too late'))
  await new Promise((resolve) => setImmediate(resolve))
})

test('no more questions are open than there may be entries', async () => {
  let asked = 0
  const users = createUserResolver(
    {
      findOrCreate() {
        asked += 1
        return new Promise<LocalUser>(() => undefined)
      },
    },
    { maxEntries: 2, timeoutMs: 50 },
  )
  const all = await Promise.all(['a', 'b', 'c', 'd'].map((sub) => refusal(users.resolve({ ...ALICE, sub }))))
  expect(all.map(({ code }) => code)).toEqual(Array(4).fill('ERR_USER_PROVISION_FAILED'))
  expect(asked).toBe(2)
})

test('no more answers are held than there may be entries', async () => {
  const asked: string[] = []
  const users = createUserResolver(
    {
      findOrCreate(sub) {
        asked.push(sub)
        return { id: sub }
      },
    },
    { maxEntries: 2 },
  )
  for (const sub of ['a', 'b', 'c', 'b', 'a']) await users.resolve({ ...ALICE, sub })
  expect(asked).toEqual(['a', 'b', 'c', 'a'])
})

test('0 and 1 are flags too', async () => {
  const flags: unknown[] = [0, 1]
  const users = createUserResolver(
    { findOrCreate: () => ({ id: 1, isDisabled: flags.shift() as never }) },
    { cacheMs: 0 },
  )
  expect((await users.resolve(ALICE)).userId).toBe('1')
  expect((await refusal(users.resolve(ALICE))).code).toBe('ERR_USER_DISABLED')
})

test('mistakes in the options are named', () => {
  expect(() => createUserResolver(undefined as never)).toThrow(/"users"/)
  expect(() => createUserResolver({} as never)).toThrow(/findOrCreate/)
  for (const name of ['cacheMs', 'maxEntries', 'timeoutMs']) {
    for (const value of [-1, Number.NaN, 1.5, '5']) {
      expect(() => createUserResolver({ findOrCreate: () => ({ id: 1 }) }, { [name]: value })).toThrow(name)
    }
  }
})
