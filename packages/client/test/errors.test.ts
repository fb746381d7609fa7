import { readFile } from 'node:fs/promises'
import { expect, test } from 'vitest'
import { CLIENT_ERRORS, ClientError } from '../src/errors.ts'

test('the README lists every error with what the table says about it', async () => {
  const readme = await readFile(new URL('../README.md', import.meta.url), 'utf8')
  const section = readme.slice(readme.indexOf('## Errors'), readme.indexOf('## Lifecycle'))
  const rows = [...section.matchAll(/^\| `(\w+)` +\| (yes|no) +\| (.+?) +\|$/gm)].map((match) =>
    match.slice(1),
  )
  const table = Object.entries(CLIENT_ERRORS).map(([code, { retryable, when }]) => {
    return [code, retryable ? 'yes' : 'no', when]
  })
  expect(rows).toEqual(table)
})

test('codes are what they were', () => {
  expect(Object.keys(CLIENT_ERRORS)).toEqual([
    'queue_full',
    'payload_too_large',
    'duplicate_id',
    'timeout',
    'rejected',
    'closed',
    'token_failed',
    'token_invalid',
    'reauth_failed',
    'unauthorized',
    'connect_failed',
    'connect_refused',
    'connect_timeout',
    'connection_lost',
    'heartbeat_timeout',
    'closed_by_server',
    'invalid_frame',
    'server_error',
    'listener_failed',
  ])
})

test('an error of another copy of the package is recognised', () => {
  const foreign = Object.assign(new Error('x'), { [Symbol.for('@portcullis/client/error')]: true })
  expect(ClientError.is(foreign)).toBe(true)
  expect(ClientError.is(new ClientError('closed', 'x'))).toBe(true)
  for (const other of [new Error('x'), null, undefined, 'closed', {}])
    expect(ClientError.is(other)).toBe(false)
})

test('the server overrules the table', () => {
  expect(new ClientError('rejected', 'x').retryable).toBe(false)
  expect(new ClientError('rejected', 'x', { retryable: true }).retryable).toBe(true)
})
