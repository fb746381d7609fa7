import { readFile, stat, writeFile } from 'node:fs/promises'
import { join } from 'node:path'
import { decodeJwt } from 'jose'
import { afterAll, beforeAll, describe, expect, test } from 'vitest'
import { cli, temporaryFolder, type CliResult } from './support/cli.ts'
import { startGateway, type RunningGateway } from './support/gateway.ts'

const INITIAL = 'initial-access-token-0123456789'

let gateway: RunningGateway
let folder: Awaited<ReturnType<typeof temporaryFolder>>
beforeAll(async () => {
  gateway = await startGateway({ initialAccessTokens: [INITIAL] })
  folder = await temporaryFolder()
})
afterAll(async () => {
  await gateway[Symbol.asyncDispose]()
  await folder[Symbol.asyncDispose]()
})

function run(argv: readonly string[], env: Record<string, string> = {}, stdin = ''): Promise<CliResult> {
  return cli(argv, {
    stdin,
    cwd: folder.path,
    env: {
      PORTCULLIS_GATEWAY_URL: gateway.url,
      INTERNAL_SECRET: gateway.internalSecret,
      AUTH_INITIAL_ACCESS_TOKEN: INITIAL,
      ...env,
    },
  })
}

async function register(
  name: string,
  ...more: string[]
): Promise<{ clientId: string; clientSecret: string }> {
  const result = await run(['client', 'register', name, '--json', ...more])
  expect(result.exitCode, `it said ${result.stderr}`).toBe(0)
  return result.json() as { clientId: string; clientSecret: string }
}

describe('client register', () => {
  test('prints the secret once, where it is asked for it', async () => {
    const { exitCode, stdout, stderr } = await run([
      'client',
      'register',
      'agent',
      '--capability',
      'files:read',
    ])
    expect(exitCode).toBe(0)
    expect(stdout).toMatch(/^client +c_[0-9a-f]{32}\nsecret +\S{40,}\nnamespace +[0-9a-f]{32}\nhost +\S+\n$/)
    expect(stderr).toBe('the secret is shown this once\n')
  })

  test('writes the credentials to a new private file instead, from which a token is minted', async () => {
    const written = await run([
      'client',
      'register',
      'agent',
      '--out',
      'client.json',
      '--capability',
      'files:read',
    ])
    const path = join(folder.path, 'client.json')
    const { clientSecret } = JSON.parse(await readFile(path, 'utf8')) as { clientSecret: string }
    expect(written.stdout + written.stderr).not.toContain(clientSecret)
    expect((await stat(path)).mode & 0o777).toBe(0o600)

    const minted = await run(['token', 'mint', '--credentials-file', 'client.json'])
    expect(minted.stderr).toBe('')
    expect(decodeJwt(minted.stdout.trim())).toMatchObject({ scope: 'files:read' })

    const again = await run(['client', 'register', 'agent', '--out', 'client.json'])
    expect(again).toMatchObject({ exitCode: 1, stdout: '' })
    expect(again.stderr).toContain('ERR_CLI_WOULD_OVERWRITE')
  })

  test('names the refusal of the gateway, with its code', async () => {
    const { exitCode, stderr } = await run(['client', 'register', 'agent'], { AUTH_INITIAL_ACCESS_TOKEN: '' })
    expect(exitCode).toBe(1)
    expect(stderr).toBe(
      'error: the registration was refused: registration needs a valid initial access token (ERR_REGISTRATION_TOKEN_INVALID, status 401)\n',
    )
  })

  test('takes the initial access token from stdin, and the variables from an env file', async () => {
    await writeFile(join(folder.path, 'gateway.env'), `PORTCULLIS_GATEWAY_URL=${gateway.url}\n`)
    const argv = [
      'client',
      'register',
      'agent',
      '--env-file',
      'gateway.env',
      '--initial-access-token-file',
      '-',
    ]
    const result = await cli(argv, { cwd: folder.path, stdin: `${INITIAL}\n` })
    expect(result.exitCode).toBe(0)
  })
})

describe('administration of clients', () => {
  test('lists clients over pages up to a limit, and says when there are more', async () => {
    for (const name of ['one', 'two', 'three']) await register(name)
    const some = await run(['client', 'list', '--limit', '2', '--json'])
    expect(some.json()).toMatchObject({ isMore: true, items: [{ tier: 'free' }, { tier: 'free' }] })
    expect(some.stderr).toBe('there are more than these 2: raise --limit\n')
    const all = (await run(['client', 'list'])).stdout
    expect(all).toMatch(/^CLIENT +NAME +NAMESPACE +TIER +STATE\n/)
    expect(all).toMatch(/three/)
  })

  test('shows, changes, disables, enables and deletes one', async () => {
    const { clientId, clientSecret } = await register('agent', '--capability', 'a:read')
    expect((await run(['client', 'show', clientId])).stdout).toMatch(/^state +active$/m)
    const changed = await run(['client', 'update', clientId, '--tier', 'pro', '--no-capabilities', '--json'])
    expect(changed.json()).toMatchObject({ tier: 'pro', capabilities: [] })
    expect(changed.stdout).not.toContain('Hash')

    expect((await run(['client', 'disable', clientId])).stdout).toBe(`disabled ${clientId}\n`)
    await writeFile(join(folder.path, 'secret'), `${clientSecret}\n`)
    const mint = ['token', 'mint', '--client-id', clientId, '--client-secret-file', 'secret']
    const refused = await run(mint)
    expect(refused).toMatchObject({ exitCode: 1, stdout: '' })
    expect(refused.stderr).toContain('(invalid_client, status 401)')
    expect(refused.stderr).not.toContain(clientSecret)
    expect((await run(['client', 'enable', clientId])).stdout).toBe(`enabled ${clientId}\n`)
    expect((await run(mint)).exitCode).toBe(0)

    const unasked = await run(['client', 'delete', clientId])
    expect(unasked).toMatchObject({ exitCode: 1 })
    expect(unasked.stderr).toContain('ERR_CLI_NOT_CONFIRMED')
    expect((await run(['client', 'delete', clientId, '--yes'])).stdout).toBe(`deleted ${clientId}\n`)
    expect((await run(['client', 'show', clientId])).stderr).toContain('(ERR_CLIENT_UNKNOWN, status 404)')
  })

  test('gives a client a new secret, after which the old one is refused', async () => {
    const { clientId, clientSecret } = await register('agent')
    const rotated = await run(['client', 'rotate-secret', clientId, '--json'])
    const { clientSecret: next } = rotated.json() as { clientSecret: string }
    const mint = ['token', 'mint', '--client-id', clientId, '--client-secret-file', '-']
    expect((await run(mint, {}, next)).exitCode).toBe(0)
    expect((await run(mint, {}, clientSecret)).exitCode).toBe(1)
  })

  test('needs the internal secret, and says so before it asks anybody', async () => {
    const none = await run(['client', 'list'], { INTERNAL_SECRET: '' })
    expect(none).toMatchObject({ exitCode: 1, stdout: '' })
    expect(none.stderr).toContain('ERR_CLI_CREDENTIALS')
    const wrong = await run(['client', 'list'], { INTERNAL_SECRET: 'wrong-one' })
    expect(wrong.stderr).toContain('(ERR_INTERNAL_SECRET_INVALID, status 403)')
    expect(wrong.stderr).not.toContain('wrong-one')
  })

  test.each([
    [['client', 'update', 'c_1'], 'no option says what to change (ERR_CLI_USAGE)'],
    [['client', 'update', 'c_1', '--capability', 'a', '--no-capabilities'], 'do not go together'],
    [['client', 'show', '..'], 'an id must not be'],
    [['client', 'list', '--limit', '0'], 'whole number from 1 to 10000'],
    [['client', 'list', '--gateway-url', 'ftp://x'], 'must be an http: or https: URL'],
  ])('%j is not understood', async (argv, why) => {
    const { exitCode, stderr } = await run(argv)
    expect(exitCode).toBe(2)
    expect(stderr).toContain(why)
  })
})

describe('token mint at a gateway', () => {
  test('prints the token alone, or the whole answer as JSON, and no more than the scope', async () => {
    const { clientId, clientSecret } = await register(
      'agent',
      '--capability',
      'a:read',
      '--capability',
      'a:write',
    )
    const env = { PORTCULLIS_CLIENT_ID: clientId, PORTCULLIS_CLIENT_SECRET: clientSecret }
    const { stdout } = await run(['token', 'mint', '--scope', 'a:read'], env)
    expect(stdout).toMatch(/^[\w-]+\.[\w-]+\.[\w-]+\n$/)
    expect(decodeJwt(stdout.trim())).toMatchObject({ scope: 'a:read', client_id: clientId })
    const whole = (await run(['token', 'mint', '--json'], env)).json()
    expect(whole).toMatchObject({ token_type: 'Bearer', expires_in: 900, refresh_token: expect.any(String) })
    const refused = await run(['token', 'mint', '--scope', 'root'], env)
    expect(refused.stderr).toContain('(invalid_scope, status 400)')
  })

  test('needs a client, and takes no claims', async () => {
    expect((await run(['token', 'mint'])).stderr).toContain('ERR_CLI_CREDENTIALS')
    expect(await run(['token', 'mint', '--sub', 'ann'])).toMatchObject({ exitCode: 2 })
    await writeFile(join(folder.path, 'other.json'), '{"clientId":"c"}')
    const other = await run(['token', 'mint', '--credentials-file', 'other.json'])
    expect(other.stderr).toContain('ERR_CLI_FILE')
  })

  test('is verified with the key set that the gateway publishes', async () => {
    const { clientId, clientSecret } = await register('agent')
    const env = { PORTCULLIS_CLIENT_ID: clientId, PORTCULLIS_CLIENT_SECRET: clientSecret }
    const token = (await run(['token', 'mint'], env)).stdout
    // This gateway signs with a secret: its key set is empty, and says nothing about such a token.
    const argv = ['token', 'inspect', '-', '--jwks', `${gateway.url}.well-known/jwks.json`]
    const { exitCode, stdout } = await run(argv, {}, token)
    expect(exitCode).toBe(1)
    expect(stdout).toContain('refused')
  })
})
