import fc from 'fast-check'
import { expect, test } from 'vitest'
import { parseHost } from '../../src/index.ts'

test.each([
  ['example.com', 'example.com'],
  ['EXAMPLE.Com', 'example.com'],
  ['example.com:8080', 'example.com'],
  ['example.com:0', 'example.com'],
  ['example.com:65535', 'example.com'],
  ['example.com:', 'example.com'],
  ['example.com.', 'example.com'],
  ['example.com.:443', 'example.com'],
  ['localhost', 'localhost'],
  ['localhost:3000', 'localhost'],
  ['my_service:80', 'my_service'],
  ['a-b.example', 'a-b.example'],
  ['127.0.0.1', '127.0.0.1'],
  ['127.0.0.1:4000', '127.0.0.1'],
  ['[::1]', '[::1]'],
  ['[::1]:4000', '[::1]'],
  ['[::1]:', '[::1]'],
  ['[0:0:0:0:0:0:0:1]', '[::1]'],
  ['[2001:DB8::A]:1', '[2001:db8::a]'],
  ['[::ffff:127.0.0.1]', '[::ffff:7f00:1]'],
  ['bücher.example', 'xn--bcher-kva.example'],
  ['BÜCHER.example', 'xn--bcher-kva.example'],
  ['xn--bcher-kva.example', 'xn--bcher-kva.example'],
  ['straße.example', 'xn--strae-oqa.example'],
  ['例え。テスト', 'xn--r8jz45g.xn--zckzah'],
  ['ｅｘａｍｐｌｅ.com', 'example.com'],
  [`${'a'.repeat(63)}.example`, `${'a'.repeat(63)}.example`],
])('%s is the host %s', (host, expected) => {
  expect(parseHost(host)).toBe(expected)
  expect(parseHost(expected)).toBe(expected)
})

test.each([
  '',
  '.',
  '..',
  ' ',
  ':80',
  'example.com..',
  '.example.com',
  'a..b',
  'user@example.com',
  'user:pass@example.com',
  'example.com@evil.example',
  'exam ple.com',
  ' example.com',
  'example.com ',
  'example.com\t',
  'example.com\r\nHost: evil',
  'example.com\u0000',
  'example.com\u007f',
  'example.com\u00a0',
  'example.com\u2028',
  'example.com/',
  '/example.com',
  'http://example.com',
  'example.com/path',
  'example.com\\evil',
  'example.com?x',
  'example.com#x',
  'example.com,evil.example',
  'example.com;x',
  'ex%61mple.com',
  '*.example.com',
  '*',
  '"example.com"',
  'example.com:65536',
  'example.com:999999',
  'example.com:-1',
  'example.com:+80',
  'example.com:80a',
  'example.com:80:80',
  'example.com:８０',
  '::1',
  '[::1',
  '::1]',
  '[]',
  '[::1]x',
  '[::1].',
  '[::1%eth0]',
  '[127.0.0.1]',
  '[g::1]',
  '[::1]:99999',
  '127.1',
  '0x7f.0.0.1',
  '0177.0.0.1',
  '2130706433',
  '127.0.0.1.5',
  '256.0.0.1',
  '127.0.0.1.',
  '-example.com',
  'example-.com',
  `${'a'.repeat(64)}.example`,
  `${'a.'.repeat(127)}example`,
  'a'.repeat(100_000),
  'exam\uff0fple.com',
  'user\uff20example.com',
  'xn--a',
  '\ud800.example',
])('%.40j is no host', (host) => expect(parseHost(host)).toBeNull())

test('what is not a string is no host', () => {
  for (const value of [undefined, null, 1, {}, ['example.com']]) {
    expect(parseHost(value as never)).toBeNull()
  }
})

test('a host never survives as anything but plain ASCII, and normalising twice changes nothing', () => {
  const hostile = fc.string({
    unit: fc.constantFrom(
      'a',
      'B',
      '.',
      ':',
      '-',
      '_',
      '@',
      '/',
      '[',
      ']',
      '1',
      'ü',
      'ß',
      '。',
      '\u00ad',
      '%',
      ' ',
    ),
  })
  fc.assert(
    fc.property(
      fc.oneof(
        hostile,
        fc.domain(),
        fc.ipV4(),
        fc.ipV6().map((ip) => `[${ip}]`),
      ),
      (host) => {
        const normal = parseHost(host)
        if (normal === null) return
        expect(normal).toMatch(/^[a-z0-9._:[\]-]+$/)
        expect(parseHost(normal)).toBe(normal)
        expect(parseHost(normal.toUpperCase())).toBe(normal)
        expect(parseHost(`${normal}:8080`)).toBe(normal)
      },
    ),
    { numRuns: 5000 },
  )
})
