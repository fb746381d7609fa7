import { readdir, readFile } from 'node:fs/promises'
import { expect, test } from 'vitest'
import { TRANSPORT_ERRORS, TransportError, type TransportErrorCode } from '../src/index.ts'

test('the codes, and whether trying again can help, are public', () => {
  expect(TRANSPORT_ERRORS).toEqual({
    ERR_TRANSPORT_SUBJECT_INVALID: { retryable: false },
    ERR_TRANSPORT_TOO_LARGE: { retryable: false },
    ERR_TRANSPORT_ENVELOPE_INVALID: { retryable: false },
    ERR_TRANSPORT_UNAVAILABLE: { retryable: true },
    ERR_TRANSPORT_TIMEOUT: { retryable: true },
    ERR_TRANSPORT_BACKLOG_FULL: { retryable: true },
    ERR_TRANSPORT_STREAM_FULL: { retryable: true },
    ERR_TRANSPORT_REFUSED: { retryable: false },
    ERR_TRANSPORT_STREAM_DRIFT: { retryable: false },
    ERR_TRANSPORT_CONSUMER_CONFLICT: { retryable: false },
    ERR_TRANSPORT_DEAD_LETTER_INCOMPLETE: { retryable: false },
    ERR_TRANSPORT_CLOSED: { retryable: false },
  })
})

test('the README lists every code as it is', async () => {
  const readme = await readFile(new URL('../README.md', import.meta.url), 'utf8')
  const rows = [...readme.matchAll(/^\| `(ERR_TRANSPORT_\w+)` *\| (yes|no) /gm)]
  expect(
    Object.fromEntries(rows.map(([, code, retryable]) => [code, { retryable: retryable === 'yes' }])),
  ).toEqual(TRANSPORT_ERRORS)
})

test('every code is provoked by a test', async () => {
  const folder = new URL('./', import.meta.url)
  const files = (await readdir(folder, { recursive: true })).filter(
    (name) => name.endsWith('.test.ts') && name !== 'errors.test.ts',
  )
  const tests = (await Promise.all(files.map((name) => readFile(new URL(name, folder), 'utf8')))).join('\n')
  expect(Object.keys(TRANSPORT_ERRORS).filter((code) => !tests.includes(code))).toEqual([])
})

test('an error says what it is, also across copies of the package', () => {
  const cause = new Error('why')
  const error = new TransportError('ERR_TRANSPORT_TIMEOUT', 'too late', { cause })
  expect(error).toMatchObject({
    name: 'TransportError',
    code: 'ERR_TRANSPORT_TIMEOUT',
    retryable: true,
    cause,
  })
  expect(TransportError.is(error)).toBe(true)
  const copy: unknown = Object.assign(new Error('x'), { [Symbol.for('@portcullis/transport/error')]: true })
  expect(TransportError.is(copy)).toBe(true)
  for (const other of [
    new Error('x'),
    null,
    undefined,
    'ERR_TRANSPORT_TIMEOUT' satisfies TransportErrorCode,
    {},
  ]) {
    expect(TransportError.is(other)).toBe(false)
  }
})
