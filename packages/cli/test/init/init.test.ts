import { mkdir, readdir, readFile, stat, symlink, writeFile } from 'node:fs/promises'
import { join } from 'node:path'
import { parseEnv } from 'node:util'
import { afterEach, beforeEach, expect, test } from 'vitest'
import { weaknessOf } from '../../src/doctor/secret-weakness.ts'
import { cli, temporaryFolder, type CliResult } from '../support/cli.ts'

const FILES = [
  '.env',
  '.gitignore',
  'README.md',
  'client.js',
  'package.json',
  'rules.json',
  'rules.table.json',
  'worker.js',
]
const SECRETS = [
  'CONTROL_PLANE_INTERNAL_TOKEN',
  'REGISTRY_SECRET_KEY',
  'GATEWAY_JWT_SECRET',
  'INTERNAL_SECRET',
  'AUTH_INITIAL_ACCESS_TOKEN',
]

let folder: Awaited<ReturnType<typeof temporaryFolder>>
beforeEach(async () => {
  folder = await temporaryFolder()
})
afterEach(() => folder[Symbol.asyncDispose]())

const init = (...argv: string[]): Promise<CliResult> => cli(['init', ...argv], { cwd: folder.path })
const envOf = async (name: string): Promise<NodeJS.Dict<string>> =>
  parseEnv(await readFile(join(folder.path, name, '.env'), 'utf8'))

test('a project is written as a whole, with secrets that its owner alone may read and nobody else has', async () => {
  const { exitCode, stdout, stderr } = await init('My Project!')
  expect(exitCode, `it said ${stderr}`).toBe(0)
  await init('other')
  const target = join(folder.path, 'My Project!')
  expect((await readdir(target)).toSorted()).toEqual(FILES)
  expect((await stat(join(target, '.env'))).mode & 0o777).toBe(0o600)
  const [env, other] = [await envOf('My Project!'), await envOf('other')]
  const values = SECRETS.map((name) => env[name] as string)
  expect(values.map(weaknessOf)).toEqual(SECRETS.map(() => null))
  expect(new Set([...values, ...SECRETS.map((name) => other[name])]).size).toBe(2 * SECRETS.length)
  expect(env.REGISTRY_SECRET_KEY).toMatch(/^[0-9a-f]{64}$/)
  for (const secret of values) expect(stdout + stderr).not.toContain(secret)
  const manifest = JSON.parse(await readFile(join(target, 'package.json'), 'utf8')) as { name: string }
  expect(manifest.name).toBe('my-project')
  expect(await readFile(join(target, '.gitignore'), 'utf8')).toMatch(/^\.env$/m)
})

test('its rules are good, its table is met, and the doctor finds nothing wrong', async () => {
  await init('.')
  const rules = await cli(['rules', 'test', 'rules.json', '--table', 'rules.table.json'], {
    cwd: folder.path,
  })
  expect(rules).toMatchObject({ exitCode: 0, stdout: '5 of 5 as expected\n' })
  const doctor = await cli(['doctor', '--env-file', '.env', '--offline', '--json'], { cwd: folder.path })
  expect(doctor.exitCode, `it said ${doctor.stdout}`).toBe(0)
  expect(
    (doctor.json() as { findings: { status: string }[] }).findings.map(({ status }) => status),
  ).not.toContain('warning')
})

test('nothing is overwritten, and a second time nothing is written', async () => {
  await init('.')
  const before = await readFile(join(folder.path, '.env'), 'utf8')
  const again = await init('.')
  expect(again).toMatchObject({ exitCode: 1, stdout: '' })
  expect(again.stderr).toContain('ERR_CLI_WOULD_OVERWRITE')
  expect(await readFile(join(folder.path, '.env'), 'utf8')).toBe(before)
})

test('one file that is there, even a link that leads nowhere, keeps all from being written', async () => {
  await mkdir(join(folder.path, 'full'))
  await writeFile(join(folder.path, 'full', 'unrelated.txt'), 'mine')
  await symlink('/nowhere/at/all', join(folder.path, 'full', '.env'))
  const { exitCode, stderr } = await init('full')
  expect(exitCode).toBe(1)
  expect(stderr).toContain('has .env already')
  expect((await readdir(join(folder.path, 'full'))).toSorted()).toEqual(['.env', 'unrelated.txt'])
})

test('a folder that has other files is fine', async () => {
  await writeFile(join(folder.path, 'unrelated.txt'), 'mine')
  expect((await init('--json')).json()).toEqual({ folder: folder.path, files: expect.arrayContaining(FILES) })
})

test('a file where the folder should be is an error', async () => {
  await writeFile(join(folder.path, 'file'), '')
  expect((await init('file')).stderr).toContain('ERR_CLI_FILE')
})
