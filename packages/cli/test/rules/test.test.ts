import { writeFile } from 'node:fs/promises'
import { join } from 'node:path'
import { afterAll, beforeAll, expect, test } from 'vitest'
import { cli, temporaryFolder, type CliResult } from '../support/cli.ts'

const RULES = {
  methods: [
    { method: '/T42\\..+/', restrictions: 'local', identity: { application: 'Desktop' } },
    { method: '/.+/', restrictions: 'cluster' },
  ],
  peers: [{ domain: 'interop', restrictions: 'cluster' }],
}

let folder: Awaited<ReturnType<typeof temporaryFolder>>
const write = (name: string, value: unknown): Promise<void> =>
  writeFile(join(folder.path, name), typeof value === 'string' ? value : JSON.stringify(value))
beforeAll(async () => {
  folder = await temporaryFolder()
  await write('rules.json', RULES)
})
afterAll(() => folder[Symbol.asyncDispose]())

const run = (...argv: string[]): Promise<CliResult> => cli(['rules', 'test', ...argv], { cwd: folder.path })

test('a rule is explained, with those before it that did not match', async () => {
  const { exitCode, stdout } = await run(
    'rules.json',
    '--method',
    'T42.Show',
    '--identity',
    'application=Web',
  )
  expect(exitCode).toBe(0)
  expect(stdout).toBe(
    'cluster, because methods[1] is the first rule that matches (name: pattern); without it the default "local" would decide\n' +
      '  methods[0]: identity member "application" is not "Desktop"\n',
  )
})

test('an expectation that is not met ends with 1', async () => {
  const argv = ['rules.json', '--method', 'T42.Show', '--identity', 'application=Desktop', '--expect']
  expect(await run(...argv, 'local')).toMatchObject({ exitCode: 0, stderr: '' })
  expect(await run(...argv, 'cluster')).toMatchObject({ exitCode: 1, stderr: 'expected cluster\n' })
  const { exitCode, json } = await run(...argv, 'cluster', '--json')
  expect(exitCode).toBe(1)
  expect(json()).toMatchObject({ ok: false, results: [{ ok: false, expect: 'cluster', verdict: 'local' }] })
})

test('contexts and peers are asked about as well, and the default of outside counts last', async () => {
  expect((await run('rules.json', '--peer', 'bus')).stdout).toMatch(/^local/)
  expect((await run('rules.json', '--peer', 'interop')).stdout).toMatch(/^cluster/)
  expect((await run('rules.json', '--context', 'x', '--default', 'cluster')).stdout).toMatch(/^cluster/)
  await write('local.json', { ...RULES, default: 'local' })
  expect((await run('local.json', '--context', 'x', '--default', 'cluster')).stdout).toMatch(/^local/)
})

test('a table is asked as a whole, and its mismatches are shown', async () => {
  await write('table.json', [
    { method: 'T42.Show', identity: { application: 'Desktop' }, expect: 'local' },
    { method: 'Orders', expect: 'local' },
    { peer: 'interop', expect: 'cluster' },
    { context: 'a', expect: 'local' },
  ])
  const { exitCode, stdout } = await run('rules.json', '--table', 'table.json')
  expect(exitCode).toBe(1)
  expect(stdout).toBe(
    'QUESTION       EXPECTED  DECIDED  BY\n' +
      'method Orders  local     cluster  methods[1]\n' +
      '3 of 4 as expected\n',
  )
  await write('good.json', [{ context: 'a', expect: 'local' }])
  expect(await run('rules.json', '--table', 'good.json')).toMatchObject({
    exitCode: 0,
    stdout: '1 of 1 as expected\n',
  })
})

test('without a question the file is checked', async () => {
  expect((await run('rules.json')).stdout).toBe(
    'the rules are good: 0 for contexts, 2 for methods, 1 for peers, default local\n',
  )
})

test.each([
  ['{"methods":[{"method":"/(a+)+$/","restrictions":"never"}]}', 'methods[0].restrictions'],
  ['[]', 'must be'],
  ['{', 'is not JSON'],
  ['{"default":"local","contexts":[{"context":"/(?=x)/","restrictions":"local"}]}', 'contexts[0].context'],
])('rules that cannot be used are named: %s', async (text, why) => {
  await write('bad.json', text)
  const { exitCode, stderr } = await run('bad.json', '--context', 'x', '--default', 'local')
  expect(exitCode).toBe(1)
  expect(stderr).toContain(why)
  expect(stderr).toMatch(/ERR_CLI_(RULES|FILE)/)
})

test.each([
  [[{ context: 'a', method: 'b', expect: 'local' }], '0'],
  [[{ context: 'a', expect: 'local' }, { context: 'a' }], '1'],
  [{ context: 'a' }, 'the table'],
  [[{ peer: 'moon', expect: 'local' }], '0'],
])('a table of another shape is refused: %j', async (table, row) => {
  await write('wrong.json', table)
  const { exitCode, stderr } = await run('rules.json', '--table', 'wrong.json')
  expect(exitCode).toBe(1)
  expect(stderr).toContain(`wrong.json: ${row}`)
  expect(stderr).toContain('ERR_CLI_RULES')
})

test.each([
  [[]],
  [['rules.json', '--context', 'a', '--method', 'b']],
  [['rules.json', '--expect', 'local']],
  [['rules.json', '--context', 'a', '--expect', 'everywhere']],
  [['rules.json', '--context', 'a', '--table', 't']],
  [['rules.json', '--context', 'a', '--identity', 'x']],
  [['rules.json', '--peer', 'moon']],
])('%j is not understood', async (argv) => {
  expect((await run(...argv)).exitCode).toBe(2)
})
