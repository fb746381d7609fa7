import { generateKeyPairSync } from 'node:crypto'
import { mkdtempSync, rmSync, writeFileSync } from 'node:fs'
import { tmpdir } from 'node:os'
import { join } from 'node:path'
import { parseEnvironment } from '@portcullis/app'
import { createTokenVerifier, type KeyRing } from '@portcullis/auth-core'
import { pino } from 'pino'
import { afterAll, beforeAll, describe, expect, test } from 'vitest'
import { createKeys } from '../../src/auth/key-ring.ts'
import { environmentSchema } from '../../src/environment/environment.ts'

const OLD = 'the-secret-that-was-there-before-0123'
const NEW = 'the-secret-that-takes-its-place-01234'

const logged: string[] = []
const logger = pino({ level: 'trace' }, { write: (line) => void logged.push(line) })
const keysFor = (env: Record<string, string>): KeyRing =>
  createKeys(parseEnvironment(environmentSchema, env), logger)

const claims = (): Record<string, unknown> => ({ sub: 'a', exp: Math.floor(Date.now() / 1000) + 60 })
const headerOf = (token: string): Record<string, unknown> =>
  JSON.parse(Buffer.from(token.split('.')[0] ?? '', 'base64url').toString()) as Record<string, unknown>

let folder: string
beforeAll(() => {
  folder = mkdtempSync(join(tmpdir(), 'portcullis-keys-'))
  for (const name of ['old', 'new']) {
    const { privateKey } = generateKeyPairSync('ec', { namedCurve: 'P-256' })
    writeFileSync(join(folder, `${name}.pem`), privateKey.export({ type: 'pkcs8', format: 'pem' }))
  }
})
afterAll(() => rmSync(folder, { recursive: true }))

function keyFile(content: unknown): string {
  const file = join(folder, 'keys.json')
  writeFileSync(file, typeof content === 'string' ? content : JSON.stringify(content))
  return file
}

describe('secrets', () => {
  test('each step of a rotation is understood by a gateway that is a step behind or ahead', async () => {
    const steps = [
      { GATEWAY_JWT_SECRET: OLD },
      { GATEWAY_JWT_SECRET: OLD, GATEWAY_JWT_VERIFY_SECRETS: NEW },
      { GATEWAY_JWT_SECRET: NEW, GATEWAY_JWT_VERIFY_SECRETS: OLD },
      { GATEWAY_JWT_SECRET: NEW },
    ].map(keysFor)
    for (const [index, keys] of steps.entries()) {
      const token = await keys.sign(claims())
      for (const other of steps.slice(Math.max(0, index - 1), index + 2)) {
        expect((await createTokenVerifier({ keys: other })(token)).sub).toBe('a')
      }
    }
    await expect(
      createTokenVerifier({ keys: steps[3] as KeyRing })(await (steps[0] as KeyRing).sign(claims())),
    ).rejects.toMatchObject({ code: 'ERR_AUTH_TOKEN_INVALID' })
  })

  test('without one each process makes its own, and says so', async () => {
    const [one, other] = [keysFor({}), keysFor({})]
    const token = await one.sign(claims())
    await expect(createTokenVerifier({ keys: other })(token)).rejects.toMatchObject({
      code: 'ERR_AUTH_TOKEN_INVALID',
    })
    expect(logged.join('')).toContain('GATEWAY_JWT_SECRET is not set')
  })
})

describe('a file of keys', () => {
  test('signs with the key whose time has come, publishes all, and takes tokens of the secret', async () => {
    const file = keyFile([
      { algorithm: 'ES256', keyFile: 'old.pem', kid: 'old' },
      { algorithm: 'ES256', keyFile: 'new.pem', kid: 'new', signFrom: '2026-01-01T00:00:00Z' },
      { algorithm: 'ES256', keyFile: 'old.pem', kid: 'next', signFrom: '2999-01-01T00:00:00+02:00' },
    ])
    const keys = keysFor({ GATEWAY_JWT_KEYS_FILE: file, GATEWAY_JWT_SECRET: OLD })
    const token = await keys.sign(claims())
    expect(headerOf(token)).toMatchObject({ alg: 'ES256', kid: 'new' })
    expect(
      keys
        .jwks()
        .keys.map(({ kid }) => kid)
        .toSorted(),
    ).toEqual(['new', 'next', 'old'])
    expect(JSON.stringify(keys.jwks())).not.toContain('"d"')
    const byHand = await keysFor({ GATEWAY_JWT_SECRET: OLD }).sign(claims())
    expect((await createTokenVerifier({ keys })(byHand)).sub).toBe('a')
  })

  test.each([
    ['not JSON', '{', /is not JSON/],
    ['no list', {}, /keys\.json/],
    ['an empty list', [], /must name a key/],
    ['an unknown algorithm', [{ algorithm: 'none', keyFile: 'old.pem' }], /0\.algorithm: must be ES256/],
    ['an unknown member', [{ algorithm: 'ES256', keyFile: 'old.pem', secret: 'x' }], /0: /],
    [
      'a time that is none',
      [{ algorithm: 'ES256', keyFile: 'old.pem', signFrom: 'soon' }],
      /0\.signFrom: must be/,
    ],
    ['a key that is not there', [{ algorithm: 'ES256', keyFile: 'gone.pem' }], /gone\.pem cannot be read/],
    ['a key of another kind', [{ algorithm: 'RS256', keyFile: 'old.pem' }], /./],
  ])('with %s is refused, and shows no key', (_name, content, message) => {
    const refused = (): KeyRing => keysFor({ GATEWAY_JWT_KEYS_FILE: keyFile(content) })
    expect(refused).toThrow(message)
    expect(refused).not.toThrow('PRIVATE KEY')
  })
})
