import { readdir, readFile } from 'node:fs/promises'
import { expect, test } from 'vitest'
import { RestrictionError, VISIBILITY_ERRORS, VisibilityError } from '../src/index.ts'

test('the codes, their status and whether they may reach the caller are public', () => {
  expect(VISIBILITY_ERRORS).toEqual({
    ERR_VISIBILITY_RULES_INVALID: { statusCode: 400, expose: true },
    ERR_VISIBILITY_RULES_LIMIT: { statusCode: 400, expose: true },
    ERR_VISIBILITY_PATTERN_INVALID: { statusCode: 400, expose: true },
    ERR_VISIBILITY_PATTERN_UNSAFE: { statusCode: 400, expose: true },
    ERR_VISIBILITY_RESTRICTION_INVALID: { statusCode: 400, expose: true },
    ERR_VISIBILITY_RESTRICTION_LIMIT: { statusCode: 400, expose: true },
    ERR_VISIBILITY_RESTRICTION_PATTERN: { statusCode: 400, expose: true },
  })
})

test('the README lists every code as it is', async () => {
  const readme = await readFile(new URL('../README.md', import.meta.url), 'utf8')
  const rows = [...readme.matchAll(/^\| `(ERR_VISIBILITY_\w+)` *\| (\d+) /gm)]
  expect(rows.map(([, code, status]) => [code, Number(status)])).toEqual(
    Object.entries(VISIBILITY_ERRORS).map(([code, { statusCode }]) => [code, statusCode]),
  )
})

test('every code is provoked by a test', async () => {
  const folder = new URL('./', import.meta.url)
  const files = (await readdir(folder, { recursive: true })).filter(
    (name) => name.endsWith('.test.ts') && name !== 'errors.test.ts',
  )
  const tests = (await Promise.all(files.map((name) => readFile(new URL(name, folder), 'utf8')))).join('\n')
  expect(Object.keys(VISIBILITY_ERRORS).filter((code) => !tests.includes(code))).toEqual([])
})

test('an error says what it is, also across copies of the package', () => {
  const cause = new Error('why')
  const error = new VisibilityError('ERR_VISIBILITY_RULES_INVALID', 'wrong', { path: 'peers[0]', cause })
  expect(error).toMatchObject({
    name: 'VisibilityError',
    message: 'peers[0]: wrong',
    code: 'ERR_VISIBILITY_RULES_INVALID',
    statusCode: 400,
    expose: true,
    path: 'peers[0]',
    cause,
  })
  const restriction = new RestrictionError('ERR_VISIBILITY_RESTRICTION_INVALID', 'wrong', {
    position: 3,
    expected: 'x',
  })
  expect(restriction).toMatchObject({
    name: 'RestrictionError',
    message: 'wrong at position 3',
    position: 3,
    expected: 'x',
  })
  expect([VisibilityError.is(restriction), RestrictionError.is(restriction)]).toEqual([true, true])
  expect([VisibilityError.is(error), RestrictionError.is(error)]).toEqual([true, false])
  const copy: unknown = Object.assign(new Error('x'), {
    name: 'RestrictionError',
    [Symbol.for('@portcullis/visibility/error')]: true,
  })
  expect([VisibilityError.is(copy), RestrictionError.is(copy)]).toEqual([true, true])
  for (const other of [new Error('x'), null, undefined, 'ERR_VISIBILITY_RULES_INVALID', {}]) {
    expect(VisibilityError.is(other)).toBe(false)
  }
})
