import { describe, expect, test } from 'vitest'
import { compileOrigins } from '../../src/origin/compile-origins.ts'

const EXAMPLE = [
  'https://app.example.com',
  'https://*.example.com',
  'http://localhost:*',
  'https://api.example.org:8443',
]

describe('with a list', () => {
  const isAllowed = compileOrigins(EXAMPLE)
  test.each([
    'https://app.example.com',
    'https://APP.Example.com',
    'https://app.example.com:443',
    'https://deep.er.example.com',
    'http://localhost',
    'http://localhost:5173',
    'https://api.example.org:8443',
  ])('%s may connect', (origin) => expect(isAllowed(origin, 'whatever')).toBe(true))

  test.each([
    'http://app.example.com',
    'https://app.example.com:8443',
    'https://example.com',
    'https://evilexample.com',
    'https://exampleXcom',
    'https://app.exampleXcom',
    'https://evil.example.com.attacker.tld',
    'https://attacker.tld/.example.com',
    'https://attacker.tld?.example.com',
    'https://attacker.tld#.example.com',
    'https://attacker.tld\\.example.com',
    'https://app.example.com\\@attacker.tld',
    'https://user@app.example.com',
    'https://app.example.com@attacker.tld',
    'https://attacker.tld%2f.example.com',
    'https://%61pp.example.com',
    'https://app.example.com https://attacker.tld',
    'https://attacker.tld, https://app.example.com',
    'https://localhost:5173',
    'http://localhost.attacker.tld',
    'http://127.0.0.1:5173',
    'https://api.example.org',
    'file://',
    'data:',
    'null',
    '',
    'app.example.com',
    '//app.example.com',
    'https://',
  ])('%j may not', (origin) => expect(isAllowed(origin, 'app.example.com')).toBe(false))

  test('the empty list lets no page in', () =>
    expect(compileOrigins([])('https://a.example', 'a.example')).toBe(false))
  test('null only when listed', () => {
    expect(compileOrigins(['null'])('null', 'x')).toBe(true)
    expect(compileOrigins(['null'])('https://x', 'x')).toBe(false)
  })
  test('a star lets in every page', () => expect(compileOrigins(['*'])('https://any.where', 'x')).toBe(true))
  test('international names match as browsers write them', () => {
    expect(compileOrigins(['https://bücher.example'])('https://xn--bcher-kva.example', 'x')).toBe(true)
  })
  test('IPv6 addresses match', () =>
    expect(compileOrigins(['http://[::1]:*'])('http://[::1]:80', 'x')).toBe(true))

  test.each([
    'example.com',
    'https://',
    'https://a.example/',
    'https://a.example/path',
    'ftp://a.example',
    '*.example.com',
    'https://*',
    'https://a.*.example',
    'https://u@a.example',
    'https://a b.example',
    '',
  ])('the pattern %j is refused', (pattern) =>
    expect(() => compileOrigins([pattern])).toThrow(/"allowedOrigins" option/),
  )
})

describe('without a list', () => {
  const isAllowed = compileOrigins(undefined)
  test.each([
    ['https://app.example.com', 'app.example.com'],
    ['https://app.example.com', 'APP.example.com:443'],
    ['http://app.example.com', 'app.example.com:80'],
    ['http://127.0.0.1:4000', '127.0.0.1:4000'],
    ['http://[::1]:4000', '[::1]:4000'],
  ])('a page of %s may connect to %s', (origin, host) => expect(isAllowed(origin, host)).toBe(true))
  test.each([
    ['https://app.example.com', 'api.example.com'],
    ['https://app.example.com:8443', 'app.example.com'],
    ['http://app.example.com:4000', 'app.example.com:4001'],
    ['null', 'null'],
    ['', ''],
    ['https://app.example.com', ''],
    ['https://a.example', 'b@a.example'],
    ['https://a.example', 'a.example/x'],
    ['https://a.example', 'a.example\\x'],
  ])('a page of %j may not connect to %j', (origin, host) => expect(isAllowed(origin, host)).toBe(false))
})
