import fc from 'fast-check'
import { expect, test } from 'vitest'
import { matchesHost, readHost } from '../../src/internal/host.ts'

test.each([
  ['chat.example', 'chat.example'],
  ['CHAT.Example', 'chat.example'],
  ['chat.example:443', 'chat.example'],
  ['chat.example:', 'chat.example'],
  ['chat.example.:443', 'chat.example'],
  ['localhost:4000', 'localhost'],
  ['a_b.example', 'a_b.example'],
  ['xn--nxasmq6b.example', 'xn--nxasmq6b.example'],
  ['127.0.0.1:4000', '127.0.0.1'],
  ['[::1]:4000', '[::1]'],
  ['[0:0:0:0:0:0:0:1]', '[::1]'],
  ['[::FFFF:1.2.3.4]', '[::ffff:102:304]'],
])('%s is %s', (host, normal) => expect(readHost(host)).toBe(normal))

test.each([
  '',
  '.',
  'a..',
  '-a.example',
  'a.example-',
  'a b.example',
  ' a.example',
  'a.example/x',
  'u@a.example',
  'a.example:65536',
  'a.example:4x',
  'a.example:1:2',
  '*.example',
  'ä.example',
  'ｅxample.com',
  'stra\u1e9ee.example',
  '127.1',
  '0x7f.1',
  '127.0.0.1.',
  '[::1].',
  '[::1',
  '[fe80::1%eth0]',
  'x'.repeat(300),
])('%j has no form that could stand for it', (host) => expect(readHost(host)).toBeNull())

test('a form is its own form, in any case and with any port', () => {
  const label = fc.stringMatching(/^[a-z0-9_]{1,8}$/)
  fc.assert(
    fc.property(fc.array(label, { minLength: 1, maxLength: 4 }), fc.nat(65_535), (labels, port) => {
      const normal = readHost(labels.join('.'))
      if (normal === null) return
      expect(readHost(normal)).toBe(normal)
      expect(readHost(`${normal.toUpperCase()}:${port}`)).toBe(normal)
    }),
  )
})

test.each([
  [['a.x.y'], 'a.x.y', true],
  [['*.x.y'], 'a.x.y', true],
  [['*.x.y'], 'b.a.x.y', false],
  [['*.x.y'], 'x.y', false],
  [['*.x.y'], 'ax.y', false],
  [['x.y'], 'a.x.y', false],
  [['*.localhost'], 'a.localhost', true],
  [['localhost'], 'localhost', true],
  [[], 'a.x.y', false],
])('of %j and %s: %s', (patterns, host, matches) => expect(matchesHost(patterns, host)).toBe(matches))
