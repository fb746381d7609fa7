import { expect, test } from 'vitest'
import { allowInsecureHttp, createVerifier, type VerifierConfig } from '../../src/index.ts'
import { codeOf } from '../support/code-of.ts'

const ISSUER = { issuer: 'https://i.example', audience: 'a', jwksUri: 'https://i.example/jwks' }

test.each<[string, unknown, string]>([
  ['nothing', undefined, 'config'],
  ['null', null, 'config'],
  ['no issuer', { audience: 'a', jwksUri: 'https://i/jwks' }, 'issuer'],
  ['an empty issuer', { ...ISSUER, issuer: '' }, 'issuer'],
  ['an issuer that is a URL object', { ...ISSUER, issuer: new URL('https://i') }, 'issuer'],
  ['no audience', { ...ISSUER, audience: undefined }, 'audience'],
  ['an audience of null', { ...ISSUER, audience: null }, 'audience'],
  ['an empty audience', { ...ISSUER, audience: '' }, 'audience'],
  ['no audiences', { ...ISSUER, audience: [] }, 'audience'],
  ['an audience that is a number', { ...ISSUER, audience: 7 }, 'audience'],
  ['an audience that is an object', { ...ISSUER, audience: { a: 1 } }, 'audience'],
  ['an audience that is a number in a list', { ...ISSUER, audience: ['a', 7] }, 'audience'],
  ['algorithms that are text', { ...ISSUER, algorithms: 'RS256' }, 'algorithms'],
  ['no place for keys', { ...ISSUER, jwksUri: undefined }, 'jwksUri'],
  ['two places for keys', { ...ISSUER, discovery: true }, 'jwksUri'],
  ['discovery that is text', { ...ISSUER, jwksUri: undefined, discovery: 'yes' }, 'discovery'],
  ['keys at null', { ...ISSUER, jwksUri: null }, 'jwksUri'],
  ['keys at a number', { ...ISSUER, jwksUri: 7 }, 'jwksUri'],
  ['keys over http:', { ...ISSUER, jwksUri: 'http://i.example/jwks' }, 'jwksUri'],
  ['keys over http: on loopback', { ...ISSUER, jwksUri: 'http://127.0.0.1/jwks' }, 'jwksUri'],
  ['keys in a file', { ...ISSUER, jwksUri: 'file:///etc/passwd' }, 'jwksUri'],
  ['keys behind credentials', { ...ISSUER, jwksUri: 'https://u:p@i.example/jwks' }, 'jwksUri'],
  ['discovery over http:', { issuer: 'http://i.example', audience: 'a', discovery: true }, 'issuer'],
  ['discovery of no URL', { issuer: 'i', audience: 'a', discovery: true }, 'issuer'],
  ['discovery with a query', { issuer: 'https://i?x', audience: 'a', discovery: true }, 'issuer'],
  ['HS256', { ...ISSUER, algorithms: ['HS256'] }, 'algorithms'],
  ['none', { ...ISSUER, algorithms: ['none'] }, 'algorithms'],
  ['no algorithms', { ...ISSUER, algorithms: [] }, 'algorithms'],
  ['strict that is text', { ...ISSUER, strict: 'yes' }, 'strict'],
  ['no issuers', { issuers: [] }, 'issuers'],
  ['issuers that are no list', { issuers: ISSUER }, 'issuers'],
  ['an issuer that is null', { issuers: [null] }, 'issuers'],
  ['an issuer twice', { issuers: [ISSUER, ISSUER] }, 'issuers'],
  ['too many issuers', { issuers: Array.from({ length: 101 }, () => ISSUER) }, 'issuers'],
  ['one issuer and several', { ...ISSUER, issuers: [ISSUER] }, 'issuers'],
  ['a tolerance of an hour', { ...ISSUER, clockToleranceSeconds: 3600 }, 'clockToleranceSeconds'],
  ['a cache of one', { ...ISSUER, maxCachedTokens: 1 }, 'maxCachedTokens'],
  ['a negative timeout', { ...ISSUER, timeoutMs: -1 }, 'timeoutMs'],
  ['a cooldown that is text', { ...ISSUER, cooldownMs: '5' }, 'cooldownMs'],
  ['egress that is text', { ...ISSUER, egress: 'public' }, 'egress'],
])('a configuration with %s is refused by name', (_what, config, option) => {
  expect(() => createVerifier(config as VerifierConfig)).toThrow(TypeError)
  expect(() => createVerifier(config as VerifierConfig)).toThrow(`"${option}"`)
})

test('allowInsecureHttp permits loopback, and only as a symbol', () => {
  const local = { ...ISSUER, jwksUri: 'http://127.0.0.1:1/jwks' }
  expect(() => createVerifier({ ...local, [allowInsecureHttp]: true })).not.toThrow()
  expect(() => createVerifier(JSON.parse(JSON.stringify({ ...local, allowInsecureHttp: true })))).toThrow(
    TypeError,
  )
  expect(() => createVerifier({ ...local, jwksUri: 'http://10.0.0.1/', [allowInsecureHttp]: true })).toThrow(
    TypeError,
  )
})

test('no token is another refusal than a bad one', async () => {
  const { verify } = createVerifier(ISSUER)
  for (const token of [null, undefined, ''])
    expect(await codeOf(verify(token))).toBe('ERR_AUTH_TOKEN_REQUIRED')
  for (const token of [
    ' ',
    0,
    false,
    {},
    [],
    Symbol('t'),
    10n,
    () => 't',
    Buffer.from('a.b.c'),
    new String('a.b.c'),
  ]) {
    expect(await codeOf(verify(token))).toBe('ERR_AUTH_TOKEN_INVALID')
  }
})
