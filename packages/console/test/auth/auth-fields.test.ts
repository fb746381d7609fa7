import { TOKEN_ALGORITHMS } from '@portcullis/auth-core'
import { expect, test } from 'vitest'
import type { ProjectAuth } from '../../src/pages/api/projects.ts'
import { checkAuth, toAuthFields, toChangedAuth } from '../../src/pages/auth/auth-fields.ts'
import { KEY_ALGORITHMS, SECRET_ALGORITHMS } from '../../src/pages/auth/auth-modes.ts'
import { checkText } from '../../src/pages/auth/check-texts.ts'
import { isLimit, toLimitFields, toLimits } from '../../src/pages/projects/limit-fields.ts'

const AUTHS: readonly ProjectAuth[] = [
  { mode: 'none' },
  { mode: 'machine', namespaces: ['n1', 'n2'] },
  { mode: 'jwt-jwks', discovery: true, issuer: 'https://i/', audience: ['a', 'b'] },
  {
    mode: 'jwt-jwks',
    jwksUrl: 'https://i/keys',
    issuer: ['https://i/', 'https://j/'],
    audience: 'a',
    algorithms: ['ES256'],
  },
]

test.each(AUTHS)('what is read is what is written: %o', (auth) => {
  const fields = toAuthFields(auth)
  expect(toChangedAuth(fields)).toEqual(auth)
  expect(checkAuth(fields)).toEqual({})
})

test('secrets that are there stay, without being sent', () => {
  const secrets = [{ secretId: 's1', createdAt: '2026-01-31T12:00:00.000Z' }]
  const fields = toAuthFields({ mode: 'jwt-secret', audience: 'shop', secrets })
  expect(toChangedAuth(fields)).toEqual({ mode: 'jwt-secret', audience: 'shop' })
  expect(checkAuth(fields)).toEqual({})
})

test('a first secret is sent, and counted in bytes', () => {
  const fields = { ...toAuthFields({ mode: 'none' }), mode: 'jwt-secret' as const }
  expect(checkAuth({ ...fields, secret: 'short' })).toHaveProperty('secret')
  expect(checkAuth({ ...fields, secret: 'ä'.repeat(16) })).toEqual({})
  expect(toChangedAuth({ ...fields, secret: 'x'.repeat(32) })).toEqual({
    mode: 'jwt-secret',
    secret: 'x'.repeat(32),
  })
})

test('what an identity provider needs is asked for', () => {
  const fields = { ...toAuthFields({ mode: 'none' }), mode: 'jwt-jwks' as const, keysFrom: 'url' as const }
  expect(Object.keys(checkAuth(fields))).toEqual(['issuers', 'audiences', 'jwksUrl'])
  expect(Object.keys(checkAuth({ ...toAuthFields({ mode: 'none' }), mode: 'machine' }))).toEqual([
    'namespaces',
  ])
})

test('the algorithms on offer are those that tokens are verified with', () => {
  expect([...SECRET_ALGORITHMS, ...KEY_ALGORITHMS]).toEqual(TOKEN_ALGORITHMS)
})

test('a check that is not known is called what the server calls it', () => {
  expect(checkText({ check: 'toString' })).toEqual({ title: 'toString', advice: '' })
  expect(checkText({ check: 'audience' }).title).toBe('It is meant for this project')
})

test('limits are whole numbers, or nothing', () => {
  const fields = toLimitFields({ maxConnections: 5 })
  expect(fields).toEqual({ maxConnections: '5', messagesPerSecond: '', maxPayloadBytes: '' })
  expect(toLimits({ ...fields, messagesPerSecond: ' 7 ' })).toEqual({
    maxConnections: 5,
    messagesPerSecond: 7,
  })
  for (const text of ['', ' ', '1', '1000000000']) expect(isLimit(text)).toBe(true)
  for (const text of ['0', '-1', '1.5', '1e3', 'x', '1000000001', '0x10']) expect(isLimit(text)).toBe(false)
})
