import { readdir, readFile } from 'node:fs/promises'
import { expect, test } from 'vitest'
import { CLI_ERRORS, CliError, EXIT_CODES } from '../src/index.ts'
import { cli } from './support/cli.ts'

test('the codes and what the process exits with are public', () => {
  expect(EXIT_CODES).toEqual({ ok: 0, failed: 1, usage: 2 })
  expect(Object.entries(CLI_ERRORS).map(([code, { exitCode }]) => [code, exitCode])).toEqual([
    ['ERR_CLI_USAGE', 2],
    ['ERR_CLI_FILE', 1],
    ['ERR_CLI_CONFIG', 1],
    ['ERR_CLI_CREDENTIALS', 1],
    ['ERR_CLI_UNREACHABLE', 1],
    ['ERR_CLI_ANSWER', 1],
    ['ERR_CLI_REFUSED', 1],
    ['ERR_CLI_NOT_CONFIRMED', 1],
    ['ERR_CLI_WOULD_OVERWRITE', 1],
    ['ERR_CLI_TOKEN', 1],
    ['ERR_CLI_KEY_FILE', 1],
    ['ERR_CLI_RULES', 1],
    ['ERR_CLI_APPS', 1],
    ['ERR_CLI_APP_ENDED', 1],
  ])
})

test('every code that is printed is provoked by a test', async () => {
  const folder = new URL('./', import.meta.url)
  const files = (await readdir(folder, { recursive: true })).filter(
    (name) => name.endsWith('.test.ts') && name !== 'errors.test.ts',
  )
  const tests = (await Promise.all(files.map((name) => readFile(new URL(name, folder), 'utf8')))).join('\n')
  // In its place the code of the server is printed.
  const printed = Object.keys(CLI_ERRORS).filter((code) => code !== 'ERR_CLI_REFUSED')
  expect(printed.filter((code) => !tests.includes(code))).toEqual([])
})

test('what was typed wrong and what may be meant are one line, and nobody forges another', async () => {
  expect((await cli(['whoamii'])).stderr).toBe("error: unknown command 'whoamii' (Did you mean whoami?)\n")
  const { stderr } = await cli(['x\n(Did you mean rm?)\u001b[2J'])
  expect(stderr).toBe("error: unknown command 'x\\u000a(Did you mean rm?)\\u001b[2J'\n")
})

test('an error says what it is, also across copies of the package', () => {
  const refusal = { status: 404, code: 'ERR_PROJECT_UNKNOWN' }
  const error = new CliError('ERR_CLI_REFUSED', 'no', { refusal })
  expect(error).toMatchObject({
    name: 'CliError',
    message: 'no',
    code: 'ERR_CLI_REFUSED',
    exitCode: 1,
    refusal,
  })
  const copy: unknown = Object.assign(new Error('x'), { [Symbol.for('@portcullis/cli/error')]: true })
  expect([CliError.is(error), CliError.is(copy)]).toEqual([true, true])
  for (const other of [new Error('x'), null, undefined, 'ERR_CLI_USAGE', {}])
    expect(CliError.is(other)).toBe(false)
})
