import { expect, test } from 'vitest'
import { normalizeHost, RegistryError } from '../../src/index.ts'

test.each([
  ['example.com', 'example.com'],
  ['EXAMPLE.Com.:443', 'example.com'],
  ['bücher.example', 'xn--bcher-kva.example'],
  ['[0:0:0:0:0:0:0:1]:4000', '[::1]'],
])('%s is the host %s', (host, expected) => expect(normalizeHost(host)).toBe(expected))

test.each(['', 'user@example.com', '*.example.com', '127.1', 'example.com:65536', undefined, null, 1, {}])(
  '%j is no host, and is refused as that',
  (host) => {
    let error: unknown
    try {
      normalizeHost(host as never)
    } catch (thrown) {
      error = thrown
    }
    expect(RegistryError.is(error)).toBe(true)
    expect(error).toMatchObject({ code: 'ERR_HOST_INVALID', statusCode: 400 })
  },
)
