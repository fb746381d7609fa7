import { writeFile } from 'node:fs/promises'
import { join } from 'node:path'
import { exportJWK, generateKeyPair, SignJWT, UnsecuredJWT } from 'jose'
import { afterAll, beforeAll, describe, expect, test } from 'vitest'
import { cli, temporaryFolder, type CliResult } from '../support/cli.ts'

const SECRET = 'k7Jq2mVx9RtZ4bWc8LpN3sYd6HfG5aQe'

let folder: Awaited<ReturnType<typeof temporaryFolder>>
beforeAll(async () => {
  folder = await temporaryFolder()
  await writeFile(join(folder.path, 'secret'), `${SECRET}\n`)
  await writeFile(join(folder.path, 'other'), `${SECRET.toLowerCase()}\n`)
  await writeFile(join(folder.path, 'short'), 'short\n')
  await writeFile(join(folder.path, 'claims.json'), '{"roles":["admin"],"__proto__":{"polluted":true}}')
})
afterAll(() => folder[Symbol.asyncDispose]())

/** No command here asks anybody. */
const never: typeof fetch = () => Promise.reject(new Error('asked'))

function run(argv: readonly string[], stdin = ''): Promise<CliResult> {
  return cli(argv, { cwd: folder.path, stdin, fetch: never })
}

async function mint(...more: string[]): Promise<string> {
  const { exitCode, stdout, stderr } = await run(['token', 'mint', '--secret-file', 'secret', ...more])
  expect(exitCode, `it said ${stderr}`).toBe(0)
  return stdout.trim()
}

async function inspect(token: string, ...more: string[]): Promise<Record<string, unknown>> {
  const result = await run(['token', 'inspect', '-', '--json', ...more], token)
  return { exitCode: result.exitCode, ...(result.json() as object) }
}

describe('token mint with a secret', () => {
  test('signs what verifies with it, and says what was asked for', async () => {
    const token = await mint(
      ...[
        '--sub',
        'ann',
        '--issuer',
        'us',
        '--audience',
        'shop',
        '--claim',
        'admin=true',
        '--claim',
        'name=Ada',
      ],
      ...['--claims-file', 'claims.json', '--expires-in', '2h'],
    )
    const { claims, verification, warnings, exitCode } = (await inspect(
      token,
      '--secret-file',
      'secret',
    )) as {
      claims: Record<string, unknown> & { exp: number; iat: number }
      verification: object
      warnings: string[]
      exitCode: number
    }
    expect(claims).toMatchObject({
      sub: 'ann',
      iss: 'us',
      aud: 'shop',
      admin: true,
      name: 'Ada',
      roles: ['admin'],
    })
    expect(claims.exp - claims.iat).toBe(7200)
    expect(claims.polluted).toBeUndefined()
    expect([exitCode, verification, warnings]).toEqual([0, { status: 'verified' }, []])
  })

  test('takes the secret from stdin, and several audiences', async () => {
    const argv = ['token', 'mint', '--secret-file', '-', '--sub', 'ann', '--audience', 'a', '--audience', 'b']
    const { stdout } = await run(argv, SECRET)
    expect(await inspect(stdout, '--secret-file', 'secret')).toMatchObject({
      claims: { aud: ['a', 'b'] },
      exitCode: 0,
    })
  })

  test.each([
    [['--secret-file', 'secret'], 2, '--sub is needed'],
    [['--secret-file', 'secret', '--sub', 'a', '--claim', 'exp=1'], 2, '"exp" has an option'],
    [['--secret-file', 'secret', '--sub', 'a', '--claim', 'exp'], 2, 'name=value'],
    [['--secret-file', 'secret', '--sub', 'a', '--claim', 'x=1', '--claim', 'x=2'], 2, 'there twice'],
    [['--secret-file', 'secret', '--sub', 'a', '--client-id', 'c'], 2, 'no gateway is asked'],
    [['--secret-file', 'secret', '--sub', 'a', '--algorithm', 'none'], 2, 'Allowed choices'],
    [['--secret-file', 'secret', '--sub', 'a', '--algorithm', 'HS512'], 1, 'at least 64 bytes'],
    [['--secret-file', 'short', '--sub', 'a'], 1, 'at least 32 bytes'],
    [['--secret-file', 'missing', '--sub', 'a'], 1, 'does not exist'],
    [['--secret-file', 'secret', '--sub', 'a', '--expires-in', '1y'], 2, 'a time such as'],
  ])('%j is refused', async (argv, exitCode, why) => {
    const result = await run(['token', 'mint', ...argv])
    expect(result).toMatchObject({ exitCode, stdout: '' })
    expect(result.stderr).toContain(why)
    expect(result.stderr).not.toContain(SECRET)
  })
})

describe('token inspect', () => {
  test('shows header, claims and times in words, and does not believe them', async () => {
    const token = await mint('--sub', 'ann', '--expires-in', '15m')
    const { exitCode, stdout, stderr } = await run(['token', 'inspect', '-'], token)
    expect(exitCode).toBe(0)
    expect(stdout).toMatch(/^header\n {2}alg {2}"HS256"\n/)
    expect(stdout).toMatch(/^ {2}exp {2}\d{4}-\S+Z \(in 1[45] minutes/m)
    expect(stdout).toContain('not verified: anybody can have written this')
    expect(stderr).toContain('warning: it has no "iss"')
    expect(stdout).not.toContain(token)
  })

  test('warns of a token as an argument', async () => {
    const token = await mint('--sub', 'ann')
    expect((await run(['token', 'inspect', token])).stderr).toMatch(/^warning: other users see arguments/)
    await writeFile(join(folder.path, 'token'), token)
    expect((await run(['token', 'inspect', '--token-file', 'token'])).stderr).not.toContain('arguments')
  })

  test('ends with 1 when keys are given and it is not good', async () => {
    const token = await mint('--sub', 'ann', '--issuer', 'us')
    const secret = ['--secret-file', 'secret']
    expect(await inspect(token, ...secret, '--issuer', 'us')).toMatchObject({ exitCode: 0 })
    expect(await inspect(token, ...secret, '--issuer', 'them')).toMatchObject({
      exitCode: 1,
      verification: { status: 'refused', code: 'ERR_AUTH_TOKEN_INVALID' },
    })
    expect(await inspect(token, ...secret, '--audience', 'shop')).toMatchObject({ exitCode: 1 })
    expect(await inspect(token, '--secret-file', 'other')).toMatchObject({ exitCode: 1 })
    const [header, claims] = token.split('.')
    expect(await inspect(`${header}.${claims}.AAAA`, ...secret)).toMatchObject({ exitCode: 1 })
    const none = new UnsecuredJWT({ sub: 'ann' }).setExpirationTime('5m').encode()
    expect(await inspect(none, ...secret)).toMatchObject({
      exitCode: 1,
      warnings: expect.arrayContaining([expect.stringContaining('not signed')]),
    })
  })

  test('verifies with a key set in a file, and tries every key that fits', async () => {
    const pairs = await Promise.all([1, 2].map(() => generateKeyPair('ES256')))
    const keys = await Promise.all(
      pairs.map(async ({ publicKey }) => ({ ...(await exportJWK(publicKey)), alg: 'ES256' })),
    )
    await writeFile(join(folder.path, 'jwks.json'), JSON.stringify({ keys }))
    const sign = (alg: string): SignJWT =>
      new SignJWT({ sub: 'ann', iss: 'us', aud: 'x' })
        .setProtectedHeader({ alg })
        .setIssuedAt()
        .setExpirationTime('5m')
    const token = await sign('ES256').sign(pairs[1]?.privateKey as never)
    expect(await inspect(token, '--jwks', 'jwks.json')).toMatchObject({ exitCode: 0, warnings: [] })
    // A secret is never a public key: no confusion of algorithms.
    const confused = await sign('HS256').sign(Buffer.from(JSON.stringify(keys[1])))
    expect(await inspect(confused, '--jwks', 'jwks.json')).toMatchObject({ exitCode: 1 })
    await writeFile(join(folder.path, 'no-set.json'), '{"keys":7}')
    expect((await run(['token', 'inspect', '-', '--jwks', 'no-set.json'], token)).stderr).toContain(
      'ERR_CLI_FILE',
    )
  })

  test.each([
    ['has expired', { exp: 1 }],
    ['"exp" looks like milliseconds', { exp: 1_900_000_000_000 }],
    ['no "exp"', { exp: undefined }],
    ['"exp" is no number', { exp: '9999999999' }],
    ['it lives 30 days', { iat: 1_800_000_000, exp: 1_802_592_000 }],
    ['not good before', { nbf: 4_000_000_000 }],
    ['issued in the future', { iat: 4_000_000_000 }],
    ['no "sub"', { sub: '' }],
    ['ID token', { nonce: 'n' }],
  ])('says "%s" of %j', async (warning, claims) => {
    const all = { sub: 'ann', iss: 'us', aud: 'x', exp: Math.floor(Date.now() / 1000) + 60, ...claims }
    const token = [{ alg: 'HS256' }, all].map((part) =>
      Buffer.from(JSON.stringify(part)).toString('base64url'),
    )
    const { warnings } = await inspect(`${token.join('.')}.AA`)
    expect((warnings as string[]).join('\n')).toContain(warning)
  })

  test.each([
    ['not a token', 'is no token'],
    ['a.b', 'three parts'],
    ['a.b.c.d.e', 'encrypted'],
    ['pck_0123456789abcdef_secret', 'an API key'],
    [`${Buffer.from('[]').toString('base64url')}.e30.AA`, 'no JSON object'],
    ['e30.e30.A A', 'is no token'],
    ['e30.!!.AA', 'not base64url'],
    ['', 'has no token'],
  ])('%j is no token, and is not repeated', async (token, why) => {
    const { exitCode, stdout, stderr } = await run(['token', 'inspect', '-'], token)
    expect({ exitCode, stdout }).toEqual({ exitCode: 1, stdout: '' })
    expect(stderr).toContain(why)
    if (token.length > 3) expect(stderr).not.toContain(token)
  })

  test('what a stranger wrote into a token does not steer the terminal', async () => {
    const claims = { sub: '\u001b[2J', 'k\u009b31m': '\u202e', iss: 'a\nclaims verified: yes' }
    const token = [{ alg: 'HS256' }, claims].map((part) =>
      Buffer.from(JSON.stringify(part)).toString('base64url'),
    )
    const { stdout } = await run(['token', 'inspect', '-'], `${token.join('.')}.AA`)
    expect(stdout).not.toMatch(/[^\P{Cc}\n]|\u202e|^claims verified/mu)
  })

  test.each([
    [['-', '--secret-file', '-']],
    [['-', '--secret-file', 'secret', '--jwks', 'jwks.json']],
    [['-', '--issuer', 'us']],
    [['-', '--token-file', 'token']],
    [['-', '--jwks', 'http://id.example.com/jwks']],
    [['-', '--jwks', 'https://user:pass@id.example.com/jwks']],
    [[]],
    [['a', 'b']],
  ])('%j is not understood', async (argv) => {
    const { exitCode, stderr } = await run(['token', 'inspect', ...argv], 'e30.e30.AA')
    expect(exitCode).toBe(2)
    expect(stderr).not.toContain('pass@')
  })
})
