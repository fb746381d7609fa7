import { readFile } from 'node:fs/promises'
import { expect, test } from 'vitest'
import * as root from '../src/index.ts'

const readme = await readFile(new URL('../README.md', import.meta.url), 'utf8')

test('the entry point exports what it promises and nothing else', () => {
  expect(Object.keys(root).toSorted()).toEqual([
    'CONTROL_API_ERRORS',
    'ControlApiError',
    'controlApi',
    'sendProblem',
  ])
})

test('the README lists the errors as they are', () => {
  const rows = [...readme.matchAll(/^\| `(ERR_\w+)` *\| (\d{3}) *\|/gm)]
  expect(Object.fromEntries(rows.map(([, code, status]) => [code, Number(status)]))).toEqual(
    Object.fromEntries(
      Object.entries(root.CONTROL_API_ERRORS).map(([code, { statusCode }]) => [code, statusCode]),
    ),
  )
})

test('the README lists the options as they are', async () => {
  const source = await readFile(new URL('../src/options.ts', import.meta.url), 'utf8')
  const [, body = ''] = /export interface ControlApiOptions \{([\s\S]*?)\n\}/.exec(source) ?? []
  const options = [...body.matchAll(/^ {2}(\w+)\??:/gm)].map(([, name]) => name)
  const documented = [...readme.matchAll(/^\| `(\w+)` +\|/gm)].map(([, name]) => name)
  expect(documented.filter((name) => !name?.startsWith('ERR_'))).toEqual(options)
})

test('errors are recognised by what they are, and not by where they come from', () => {
  const error = new root.ControlApiError('ERR_RATE_LIMITED', 'too many', { retryAfterSeconds: 3 })
  expect([error.statusCode, error.expose, error.retryAfterSeconds]).toEqual([429, true, 3])
  expect(root.ControlApiError.is(error)).toBe(true)
  expect(root.ControlApiError.is(new Error('x'))).toBe(false)
  expect(root.ControlApiError.is(null)).toBe(false)
})
