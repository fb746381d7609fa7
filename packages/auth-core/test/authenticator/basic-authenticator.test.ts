import { describe, expect, test } from 'vitest'
import {
  type AccessTokens,
  AuthError,
  type Authentication,
  type AuthenticationResponse,
  type BasicAuthenticatorOptions,
  createBasicAuthenticator,
} from '../../src/index.ts'

const tokens: AccessTokens = {
  issue: async ({ user, login }) => `token of ${user}/${login}`,
  async verify(token) {
    if (token !== 'token of ann/ann') throw new AuthError('ERR_AUTH_TOKEN_INVALID', 'its signature is wrong')
    return { sub: 'ann', exp: 4_000_000_000 }
  },
}

async function ask(
  options: BasicAuthenticatorOptions,
  authentication: Authentication,
): Promise<AuthenticationResponse> {
  return createBasicAuthenticator(options)({ authentication })
}

const onlyPw = { secretVerifier: (_user: string, secret: string) => secret === 'pw', tokens }

describe('a secret', () => {
  test('is refused when no verifier is set, whatever it is', async () => {
    for (const secret of ['', 'pw', 'ann']) {
      expect(await ask({ tokens }, { method: 'secret', login: 'ann', secret })).toEqual({
        type: 'error',
        message: 'No secret is accepted here',
      })
    }
  })

  test('that the verifier accepts makes a user with an access token', async () => {
    expect(await ask(onlyPw, { method: 'secret', login: 'Ann', secret: 'pw' })).toEqual({
      type: 'success',
      user: 'ann',
      login: 'ann',
      accessToken: 'token of ann/ann',
    })
  })

  test('is empty when the client has none, and the verifier decides about that as well', async () => {
    const seen: string[][] = []
    const secretVerifier = (user: string, secret: string): boolean => seen.push([user, secret]) > 0
    expect(await ask({ secretVerifier }, { method: 'secret', login: '', secret: '' })).toMatchObject({
      type: 'error',
    })
    expect(await ask({ secretVerifier }, { method: 'secret', login: 'ann', secret: '' })).toMatchObject({
      type: 'success',
      user: 'ann',
    })
    expect(seen).toEqual([['ann', '']])
  })

  test.each([1, 'yes', {}, null, undefined, [true]])(
    'is refused when the verifier answers %j',
    async (verdict) => {
      const secretVerifier = (): boolean => verdict as boolean
      expect(await ask({ secretVerifier }, { method: 'secret', login: 'ann', secret: 'pw' })).toEqual({
        type: 'error',
        message: 'Unknown login or wrong secret',
      })
    },
  )

  test.each([
    [{ login: 'ann' }],
    [{ secret: 'pw' }],
    [{ login: 1, secret: 'pw' }],
    [{ login: 'ann', secret: { $ne: null } }],
    [{ login: ['ann'], secret: 'pw' }],
  ])('needs a login and a secret that are strings: %j', async (given) => {
    expect(await ask(onlyPw, { method: 'secret', ...given } as Authentication)).toEqual({
      type: 'error',
      message: 'Missing login/secret',
    })
  })

  test('and login are bounded in length', async () => {
    const long = 'x'.repeat(1025)
    expect(await ask(onlyPw, { method: 'secret', login: long, secret: 'pw' })).toMatchObject({
      type: 'error',
    })
    expect(await ask(onlyPw, { method: 'secret', login: 'ann', secret: long })).toMatchObject({
      type: 'error',
    })
  })

  test('that is wrong, and a login that is unknown, are told apart by nobody', async () => {
    const usernameResolver = (login?: string): string => (login === 'ann' ? 'ann' : '')
    const wrong = await ask({ ...onlyPw, usernameResolver }, { method: 'secret', login: 'ann', secret: 'x' })
    const unknown = await ask(
      { ...onlyPw, usernameResolver },
      { method: 'secret', login: 'bob', secret: 'pw' },
    )
    expect(unknown).toEqual(wrong)
  })
})

describe('a login', () => {
  test('is lower-cased before the resolver and the verifier see it', async () => {
    const seen: unknown[] = []
    const usernameResolver = (login?: string): string => {
      seen.push(login)
      return `${login}@interop.io`
    }
    const secretVerifier = (user: string): boolean => {
      seen.push(user)
      return true
    }
    expect(
      await ask({ usernameResolver, secretVerifier }, { method: 'secret', login: 'Guest', secret: '' }),
    ).toMatchObject({ user: 'guest@interop.io', login: 'guest' })
    expect(seen).toEqual(['guest', 'guest@interop.io'])
  })

  test('keeps its case with usernameCaseSensitive', async () => {
    expect(
      await ask({ ...onlyPw, usernameCaseSensitive: true }, { method: 'secret', login: 'Ann', secret: 'pw' }),
    ).toMatchObject({ user: 'Ann', login: 'Ann' })
  })
})

describe('an access token', () => {
  test('that was issued here brings its user back', async () => {
    expect(await ask(onlyPw, { method: 'access-token', token: 'token of ann/ann' })).toEqual({
      type: 'success',
      user: 'ann',
      login: 'ann',
      accessToken: 'token of ann/ann',
    })
  })

  test.each(['', 'forged', undefined, null, 7])('%j is refused with the reason', async (token) => {
    expect(await ask(onlyPw, { method: 'access-token', token } as Authentication)).toEqual({
      type: 'error',
      message: 'Invalid or expired token: its signature is wrong',
    })
  })

  test('is refused where none are issued', async () => {
    expect(await ask({}, { method: 'access-token', token: 'token of ann/ann' })).toMatchObject({
      type: 'error',
    })
  })
})

test.each([undefined, 'none', 'SECRET', 'constructor'])('the method %j is unknown', async (method) => {
  expect(await ask(onlyPw, { method, login: 'ann', secret: 'pw' })).toEqual({
    type: 'error',
    message: `Unknown authentication method ${method ?? ''}`,
  })
})

test.each([
  [{ usernameResolver: 'x' }, '"usernameResolver" must be a function'],
  [{ secretVerifier: true }, '"secretVerifier" must be a function'],
  [{ usernameCaseSensitive: 'yes' }, '"usernameCaseSensitive" must be a boolean'],
])('the options %j are a mistake', (options, message) => {
  expect(() => createBasicAuthenticator(options as never)).toThrow(new TypeError(message))
})
