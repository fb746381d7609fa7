import { expect, test } from 'vitest'
import { endError } from '../../src/internal/end-error.ts'

const plain = (text: string): string => text
const redact = (text: string): string => text.replaceAll('s3cret', '[redacted]')

test.each([
  [4000, 'closed_by_server', false],
  [4400, 'closed_by_server', false],
  [4401, 'unauthorized', false],
  [4403, 'closed_by_server', false],
  [4499, 'closed_by_server', false],
  [4500, 'connection_lost', true],
  [4999, 'connection_lost', true],
  [1000, 'connection_lost', true],
  [1001, 'connection_lost', true],
  [1006, 'connection_lost', true],
  [1011, 'connection_lost', true],
  [1012, 'connection_lost', true],
  [1013, 'connection_lost', true],
])('close code %i is %s, retryable %s', (closeCode, code, retryable) => {
  expect(endError({ closeCode }, true, plain)).toMatchObject({ code, retryable, closeCode })
})

test('a grant that was withdrawn says nothing against the token, and the same reason with another code nothing at all', () => {
  const end = { closeCode: 4401, reason: 'grant_withdrawn' }
  expect(endError(end, true, plain)).toMatchObject({
    code: 'connection_lost',
    retryable: true,
    closeCode: 4401,
  })
  expect(endError(end, false, plain)).toMatchObject({ code: 'connect_failed', retryable: true })
  expect(endError({ ...end, closeCode: 4403 }, true, plain)).toMatchObject({ code: 'closed_by_server' })
  for (const reason of ['token_revoked', 'token_expired', '', undefined]) {
    expect(endError({ closeCode: 4401, reason }, true, plain)).toMatchObject({ code: 'unauthorized' })
  }
})

test('before the welcome there was no connection to lose', () => {
  expect(endError({ closeCode: 1006 }, false, plain)).toMatchObject({
    code: 'connect_failed',
    retryable: true,
  })
  expect(endError({ closeCode: 4404 }, false, plain)).toMatchObject({ code: 'closed_by_server' })
})

test.each([
  [400, 'connect_refused', false],
  [401, 'unauthorized', false],
  [403, 'connect_refused', false],
  [404, 'connect_refused', false],
  [408, 'connect_refused', true],
  [425, 'connect_refused', true],
  [429, 'connect_refused', true],
  [302, 'connect_refused', true],
  [500, 'connect_refused', true],
  [503, 'connect_refused', true],
])('HTTP %i is %s, retryable %s', (statusCode, code, retryable) => {
  expect(endError({ refusal: { statusCode } }, false, plain)).toMatchObject({ code, retryable, statusCode })
})

test('what the server says is redacted before it becomes a message', () => {
  const refusal = { statusCode: 403, code: 'no_s3cret', message: 'your token s3cret is bad' }
  const error = endError({ refusal }, false, redact)
  expect(JSON.stringify([error.message, error.serverCode])).not.toContain('s3cret')
})
