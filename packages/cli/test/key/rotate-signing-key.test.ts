import { chmod, mkdir, readdir, readFile, stat, symlink, writeFile } from 'node:fs/promises'
import { join } from 'node:path'
import { createKeyRing, verifyToken } from '@portcullis/auth-core'
import { beforeEach, afterEach, expect, test } from 'vitest'
import { cli, temporaryFolder, type CliResult } from '../support/cli.ts'

interface Entry {
  algorithm: 'ES256' | 'EdDSA' | 'RS256' | 'PS256'
  keyFile: string
  kid?: string
  signFrom?: string
  verifyUntil?: string
}

let folder: Awaited<ReturnType<typeof temporaryFolder>>
beforeEach(async () => {
  folder = await temporaryFolder()
})
afterEach(() => folder[Symbol.asyncDispose]())

const run = (...argv: string[]): Promise<CliResult> =>
  cli(['key', 'rotate', '--keys-file', 'keys.json', ...argv], { cwd: folder.path })
const at = (name: string): string => join(folder.path, name)
const entries = async (name = 'keys.json'): Promise<Entry[]> =>
  JSON.parse(await readFile(at(name), 'utf8')) as Entry[]
const rewrite = (list: Entry[]): Promise<void> => writeFile(at('keys.json'), JSON.stringify(list))

/** What a gateway makes of the file. */
async function load(): Promise<ReturnType<typeof createKeyRing>> {
  return createKeyRing(
    await Promise.all(
      (await entries()).map(async ({ keyFile, signFrom, verifyUntil, ...entry }) => ({
        ...entry,
        key: await readFile(at(keyFile), 'utf8'),
        ...(signFrom !== undefined && { signFrom: Date.parse(signFrom) }),
        ...(verifyUntil !== undefined && { verifyUntil: Date.parse(verifyUntil) }),
      })),
    ),
  )
}

test('a first key signs at once; both files are private', async () => {
  const { exitCode, stdout, stderr } = await run('--create')
  expect(exitCode, `it said ${stderr}`).toBe(0)
  expect(stdout).toMatch(/^algorithm +ES256$/m)
  const [entry] = await entries()
  for (const name of ['keys.json', entry?.keyFile as string])
    expect((await stat(at(name))).mode & 0o777).toBe(0o600)
  const ring = await load()
  expect(ring.jwks().keys[0]?.kid).toBe(/^kid +(\S+)$/m.exec(stdout)?.[1])
  expect(new Set(await readdir(folder.path))).toEqual(new Set(['keys.json', entry?.keyFile]))
  expect(stdout).not.toContain('PRIVATE KEY')
})

test('the next key signs after a while, and tokens of the old one go on being good', async () => {
  await run('--create', '--algorithm', 'EdDSA')
  await rewrite((await entries()).map(({ signFrom: _now, ...entry }) => entry))
  const before = await load()
  const exp = Math.floor(Date.now() / 1000) + 600
  const token = await before.sign({ sub: 'ann', exp })

  const { json, exitCode } = await run('--json', '--sign-in', '20m', '--keep', '31d')
  expect(exitCode).toBe(0)
  const { signFrom, algorithm } = json() as { signFrom: string; algorithm: string }
  expect(algorithm).toBe('EdDSA')
  expect(Math.abs(Date.parse(signFrom) - Date.now() - 20 * 60_000)).toBeLessThan(60_000)
  const [next, old] = await entries()
  expect(next).toMatchObject({ signFrom })
  expect(Date.parse(old?.verifyUntil as string) - Date.parse(signFrom)).toBe(31 * 86_400_000)
  const after = await load()
  await expect(verifyToken(token, { keys: after })).resolves.toMatchObject({ sub: 'ann' })
  // Published before it signs.
  expect(after.jwks().keys).toHaveLength(2)
})

test('one rotation at a time: a key that waits, or another one at work', async () => {
  await run('--create')
  await run()
  const pending = await run()
  expect(pending).toMatchObject({ exitCode: 1, stdout: '' })
  expect(pending.stderr).toContain('a rotation is under way')
  expect(await entries()).toHaveLength(2)

  await rewrite((await entries()).slice(1).map(({ signFrom: _from, verifyUntil: _until, ...entry }) => entry))
  await writeFile(at('keys.json.lock'), '')
  expect((await run()).stderr).toContain('another rotation is at work')
})

test('of two at once one makes a key and the other says why not', async () => {
  await run('--create')
  await rewrite((await entries()).map(({ signFrom: _from, ...entry }) => entry))
  const results = await Promise.all([run(), run(), run()])
  expect(results.filter(({ exitCode }) => exitCode === 0)).toHaveLength(1)
  expect(await entries()).toHaveLength(2)
  await load()
})

test('keys that have ended leave the list, and not the disk', async () => {
  await run('--create')
  const [first] = (await entries()) as [Entry]
  await writeFile(at('ended.pem'), await readFile(at(first.keyFile)))
  const ended = {
    ...first,
    kid: 'ended',
    keyFile: 'ended.pem',
    signFrom: '2020-01-01T00:00:00Z',
    verifyUntil: '2021-01-01T00:00:00Z',
  }
  await rewrite([first, ended])
  const { stdout } = await run()
  expect(stdout).toMatch(/^no longer used +ended\.pem$/m)
  expect((await entries()).map(({ keyFile }) => keyFile)).not.toContain('ended.pem')
  await stat(at('ended.pem'))
})

test('a file that a gateway would not load is not touched, and no key is left behind', async () => {
  await run('--create')
  const [first] = (await entries()) as [Entry]
  for (const [list, why] of [
    [[{ ...first, keyFile: 'missing.pem' }], 'missing.pem does not exist'],
    [[first, first], '"kid" must be unique'],
    [[{ ...first, algorithm: 'HS256' }], '0.algorithm: must be ES256'],
    [[{ ...first, signFrom: 'soon' }], '0.signFrom'],
    [[{ ...first, kdi: 'x' }], 'the file'],
    [[], 'must name a key'],
    [[{ ...first, verifyUntil: new Date(Date.now() + 120_000).toISOString() }], 'choose a shorter --sign-in'],
  ] as const) {
    await rewrite(list as never)
    const names = await readdir(folder.path)
    const { exitCode, stderr } = await run()
    expect(exitCode).toBe(1)
    if (why !== 'the file') expect(stderr).toContain(why)
    expect(stderr).toMatch(/ERR_CLI_(KEY_FILE|FILE)/)
    expect(await entries()).toEqual(list)
    expect(await readdir(folder.path)).toEqual(names)
  }
})

test('a file that is not there is made only when that is asked for', async () => {
  expect((await run()).stderr).toContain('--create makes it (ERR_CLI_KEY_FILE)')
  expect(await readdir(folder.path)).toEqual([])
})

test('a link is followed, and stays one', async () => {
  await mkdir(at('real'))
  await cli(['key', 'rotate', '--keys-file', 'real/keys.json', '--create'], { cwd: folder.path })
  await chmod(at('real/keys.json'), 0o644)
  await symlink('real/keys.json', at('keys.json'))
  expect((await run('--algorithm', 'PS256')).exitCode).toBe(0)
  expect(await entries('real/keys.json')).toHaveLength(2)
  expect((await stat(at('real/keys.json'))).mode & 0o777).toBe(0o600)
  expect((await readdir(folder.path)).toSorted()).toEqual(['keys.json', 'real'])
})
