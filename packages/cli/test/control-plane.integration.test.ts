import { readFile, stat, writeFile } from 'node:fs/promises'
import { join } from 'node:path'
import { encodeDeadLetter, encodeInboundEnvelope, inboundSubject } from '@portcullis/transport'
import { afterAll, beforeAll, describe, expect, test } from 'vitest'
import { cli, temporaryFolder, type CliOptions, type CliResult } from './support/cli.ts'
import { startControlPlane, type RunningControlPlane } from './support/control-plane.ts'

let controlPlane: RunningControlPlane
let folder: Awaited<ReturnType<typeof temporaryFolder>>
let operatorKey: string
beforeAll(async () => {
  controlPlane = await startControlPlane()
  folder = await temporaryFolder()
})
afterAll(async () => {
  await controlPlane[Symbol.asyncDispose]()
  await folder[Symbol.asyncDispose]()
})

const config = (): string => join(folder.path, 'portcullis', 'config.json')

/** A command of somebody whose configuration is in the folder of this file. */
function run(argv: readonly string[], { env, ...options }: CliOptions = {}): Promise<CliResult> {
  return cli(argv, {
    cwd: folder.path,
    env: { XDG_CONFIG_HOME: folder.path, PORTCULLIS_URL: controlPlane.url, ...env },
    ...options,
  })
}

async function done(argv: readonly string[], options?: CliOptions): Promise<CliResult> {
  const result = await run(argv, options)
  expect(result.exitCode, `it said ${result.stderr}`).toBe(0)
  return result
}

describe('login', () => {
  test('without an API key a command says how to get one, and asks nobody', async () => {
    const never: typeof fetch = () => Promise.reject(new Error('asked'))
    const { exitCode, stderr } = await run(['project', 'list'], { fetch: never })
    expect(exitCode).toBe(1)
    expect(stderr).toMatch(
      /^error: there is no API key for http:.*: run portcullis login.*\(ERR_CLI_CREDENTIALS\)\n$/,
    )
  })

  test('makes the first operator out of a set-up link, once, and keeps the key in a private file', async () => {
    const token = (await controlPlane.store.setup.issue()) as string
    const link = `https://console.example.com/setup#${token}`
    const argv = ['login', '--setup-token-file', '-', '--name', 'first', '--json']
    // Where the key could not be kept the token is not used up.
    await writeFile(join(folder.path, 'file'), '')
    const nowhere = await run(argv, { stdin: link, env: { XDG_CONFIG_HOME: join(folder.path, 'file') } })
    expect(nowhere.exitCode).toBe(1)
    expect(nowhere.stderr).toMatch(/ERR_CLI_FILE/)

    const { stdout, stderr } = await done(argv, { stdin: link })
    expect(JSON.parse(stdout)).toMatchObject({
      url: controlPlane.url,
      me: { name: 'first', operator: 'owner' },
    })
    expect((await stat(config())).mode & 0o777).toBe(0o600)
    const kept = JSON.parse(await readFile(config(), 'utf8')) as {
      servers: Record<string, { apiKey: string }>
    }
    operatorKey = kept.servers[controlPlane.url]?.apiKey as string
    expect(operatorKey).toMatch(/^pck_/)
    for (const secret of [token, operatorKey]) expect(stdout + stderr).not.toContain(secret)

    const again = await run(argv, { stdin: link, env: { XDG_CONFIG_HOME: join(folder.path, 'other') } })
    expect(again).toMatchObject({ exitCode: 1, stdout: '' })
    expect(again.stderr).toContain('ERR_SETUP_TOKEN_INVALID')
    expect(again.stderr).not.toContain(token)
  })

  test('asks for the key at a terminal, and keeps none that the server refuses', async () => {
    const env = { XDG_CONFIG_HOME: join(folder.path, 'typed') }
    const { stdout, stderr } = await done(['login'], { typed: `${operatorKey}\r`, env })
    expect(stdout).toMatch(/^logged in at http:\S+ as first \(operator, owner\); kept in .*config\.json\n$/)
    expect(stderr).toBe('API key: \n')

    const wrong = `${operatorKey.slice(0, -4)}AAAA`
    const refused = await run(['login'], {
      stdin: wrong,
      env: { XDG_CONFIG_HOME: join(folder.path, 'none') },
    })
    expect(refused.exitCode).toBe(1)
    expect(refused.stderr).toContain('(ERR_API_KEY_INVALID, status 401)')
    expect(refused.stderr).not.toContain(wrong)
    await expect(stat(join(folder.path, 'none'))).rejects.toThrow('ENOENT')
    const calledOff = await run(['login'], { typed: '\u0003', env })
    expect(calledOff.stderr).toContain('ERR_CLI_NOT_CONFIRMED')
  })

  test('the key of one server is not sent to another', async () => {
    const seen: string[] = []
    const other: typeof fetch = (input) => {
      seen.push(input instanceof Request ? input.url : input.toString())
      return Promise.reject(new Error('asked'))
    }
    const argv = ['whoami', '--url', 'http://localhost:1/']
    expect((await run(argv, { fetch: other })).stderr).toContain('ERR_CLI_CREDENTIALS')
    expect(seen).toEqual([])
  })

  test('a variable and a file come before the configuration', async () => {
    const wrong = `${operatorKey.slice(0, -4)}AAAA`
    expect((await run(['whoami'], { env: { PORTCULLIS_API_KEY: wrong } })).stderr).toContain(
      'ERR_API_KEY_INVALID',
    )
    const argv = ['whoami', '--api-key-file', '-', '--json']
    const { stdout } = await done(argv, { stdin: operatorKey, env: { PORTCULLIS_API_KEY: wrong } })
    expect(JSON.parse(stdout)).toMatchObject({ me: { kind: 'api-key', operator: 'owner' } })
    expect((await done(['whoami'])).stdout).toContain('first (operator, owner) at http://')
  })

  test('logout forgets the key, and nothing else', async () => {
    const env = { XDG_CONFIG_HOME: join(folder.path, 'typed') }
    expect((await done(['logout'], { env })).stdout).toContain('forgot the API key')
    expect((await run(['whoami'], { env })).stderr).toContain('ERR_CLI_CREDENTIALS')
    expect((await done(['logout'], { env })).stderr).toContain('there is no API key')
    expect((await done(['whoami'])).exitCode).toBe(0)
  })
})

describe('workspaces', () => {
  test('there has to be one, and the only one need not be named', async () => {
    const none = await run(['project', 'list'])
    expect(none).toMatchObject({ exitCode: 2 })
    expect(none.stderr).toContain('portcullis workspace create')
    expect((await done(['workspace', 'create', 'acme', '--name', 'Acme'])).stdout).toBe(
      'made the workspace acme\n',
    )
    expect(await done(['project', 'list'])).toMatchObject({
      stdout: '',
      stderr: 'there is no project in this workspace\n',
    })
    const taken = await run(['workspace', 'create', 'acme'])
    expect(taken.stderr).toContain('(ERR_ID_TAKEN, status 409)')
  })

  test('of several one has to be chosen: by option, variable or login', async () => {
    await done(['workspace', 'create', 'other'])
    const several = await run(['project', 'list'])
    expect(several).toMatchObject({ exitCode: 2 })
    expect(several.stderr).toContain('choose one with --workspace')
    await done(['project', 'list', '--workspace', 'acme'])
    await done(['project', 'list'], { env: { PORTCULLIS_WORKSPACE: 'acme' } })
    await done(['login', '--workspace', 'acme'], { stdin: operatorKey })
    await done(['project', 'list'])
    const { items } = (await done(['workspace', 'list', '--json'])).json() as {
      items: { workspaceId: string }[]
    }
    expect(items.map(({ workspaceId }) => workspaceId)).toEqual(['acme', 'other'])
    const unknown = await run(['project', 'list', '--workspace', 'acme/../other'])
    expect(unknown.exitCode).toBe(1)
  })
})

describe('projects', () => {
  test('are made with hosts, auth and limits, shown, changed and deleted', async () => {
    const argv = ['project', 'create', 'shop', '--host', 'shop.example.com', '--auth', 'jwt-jwks']
    const jwks = ['--jwks-url', 'https://id.example.com/jwks', '--issuer', 'https://id.example.com']
    const made = await done([...argv, ...jwks, '--audience', 'shop', '--max-connections', '100'])
    expect(made.stdout).toMatch(/^project +acme\/shop\nhost +shop\.example\.com\nauth +jwt-jwks\n/)

    const update = ['project', 'update', 'shop', '--json']
    const hosts = await done([...update, '--add-host', '*.shop.example.com'])
    expect(hosts.json()).toMatchObject({ hosts: ['shop.example.com', '*.shop.example.com'] })
    const audience = await done([...update, '--audience', 'a', '--audience', 'b', '--max-payload-bytes', '9'])
    expect(audience.json()).toMatchObject({
      auth: { mode: 'jwt-jwks', jwksUrl: 'https://id.example.com/jwks', audience: ['a', 'b'] },
      limits: { maxConnections: 100, maxPayloadBytes: 9 },
    })
    const lifted = await done([...update, '--max-connections', 'none', '--discovery'])
    const { auth, limits } = lifted.json() as { auth: object; limits: object }
    expect(limits).toEqual({ maxPayloadBytes: 9 })
    expect(auth).toEqual({
      mode: 'jwt-jwks',
      discovery: true,
      issuer: 'https://id.example.com',
      audience: ['a', 'b'],
    })
    const fewer = await done([...update, '--remove-host', '*.shop.example.com', '--auth', 'none'])
    expect(fewer.json()).toMatchObject({ hosts: ['shop.example.com'], auth: { mode: 'none' } })
    const secret = (await done([...update, '--auth', 'jwt-secret'])).json() as { secret: string }
    expect(secret.secret).toMatch(/^[\w-]{43}$/)
    expect((await done([...update, '--name', 'Shop'])).json()).not.toHaveProperty('secret')
    await done([...update, '--auth', 'none'])
    expect((await done(['project', 'list'])).stdout).toMatch(/^shop +none +shop\.example\.com$/m)

    const silent = await run(['project', 'delete', 'shop'], { typed: '' })
    expect(silent.stderr).toContain('nothing was done (ERR_CLI_NOT_CONFIRMED)')
    const asked = await run(['project', 'delete', 'shop'], { typed: 'no\n' })
    expect(asked.stderr).toContain('delete acme/shop, which answers at shop.example.com? [y/N]')
    expect(asked.exitCode).toBe(1)
    expect((await done(['project', 'delete', 'shop'], { typed: 'y\n' })).stdout).toBe('deleted acme/shop\n')
    expect((await run(['project', 'show', 'shop'])).stderr).toContain('(ERR_PROJECT_UNKNOWN, status 404)')
  })

  test('of the mode jwt-secret get a secret that is printed once, and rotate it', async () => {
    const argv = ['project', 'create', 'chat', '--host', 'chat.example.com', '--auth', 'jwt-secret', '--json']
    const { secret, auth } = (await done(argv)).json() as {
      secret: string
      auth: { secrets: { secretId: string }[] }
    }
    expect(Buffer.from(secret, 'base64url')).toHaveLength(32)
    const [first] = auth.secrets
    expect((await done(['project', 'show', 'chat'])).stdout).not.toContain(secret)

    const added = await done(['project', 'secret', 'add', 'chat'])
    expect(added.stdout).toMatch(/^secret id +\S+\nnew secret +\S{43}\n$/)
    const third = await run(['project', 'secret', 'add', 'chat'], {})
    expect(third.stderr).toContain('(ERR_SECRET_COUNT, status 409)')
    await done(['project', 'secret', 'remove', 'chat', first?.secretId as string, '--yes'])

    await writeFile(join(folder.path, 'given'), `${'g1v3n-S3cret/'.repeat(4)}\n`)
    const given = await done(['project', 'secret', 'add', 'chat', '--secret-file', 'given', '--json'])
    expect(Object.keys(given.json() as object)).toEqual(['secretId'])
    expect(given.stdout).not.toContain('g1v3n')
    // What is changed besides keeps them.
    const { auth: kept } = (await done(['project', 'update', 'chat', '--issuer', 'us', '--json'])).json() as {
      auth: { secrets: object[] }
    }
    expect(kept.secrets).toHaveLength(2)
  })

  test('say which check a token passes, and which not', async () => {
    const env = { XDG_CONFIG_HOME: folder.path }
    const mint = ['token', 'mint', '--secret-file', 'given', '--sub', 'ann', '--issuer', 'us']
    const token = (await cli(mint, { cwd: folder.path, env })).stdout
    const good = await run(['project', 'test-token', 'chat', '-', '--host', 'chat.example.com'], {
      stdin: token,
    })
    expect(good.exitCode, `it said ${good.stderr}`).toBe(0)
    expect(good.stdout).toMatch(/^signature +passed/m)
    expect(good.stdout).toMatch(/\naccepted, as ann\n$/)
    expect(good.stderr).toBe('')

    const stranger = (await cli([...mint, '--issuer', 'them'], { cwd: folder.path, env })).stdout
    await writeFile(join(folder.path, 'token'), stranger)
    const bad = await run(['project', 'test-token', 'chat', '--token-file', 'token'])
    expect(bad.exitCode).toBe(1)
    expect(bad.stdout).toMatch(/^issuer +failed/m)
    const argument = await run(['project', 'test-token', 'chat', stranger.trim(), '--json'])
    expect(argument.stderr).toContain('warning: other users see arguments')
    expect(argument.json()).toMatchObject({ ok: false })
    expect(argument.stdout + bad.stdout).not.toContain(stranger.trim())
  })

  test('a change is refused when somebody else made one in between', async () => {
    let isRaced = false
    const race: typeof fetch = async (input, init) => {
      if (init?.method === 'PATCH' && !isRaced) {
        isRaced = true
        await done(['project', 'update', 'chat', '--name', 'Theirs'])
      }
      return fetch(input, init)
    }
    const mine = await run(['project', 'update', 'chat', '--name', 'Mine'], { fetch: race })
    expect(mine).toMatchObject({ exitCode: 1, stdout: '' })
    expect(mine.stderr).toContain('(ERR_VERSION_MISMATCH, status 412)')
    expect((await done(['project', 'show', 'chat'])).stdout).toMatch(/^name +Theirs$/m)
  })

  test.each([
    [['project', 'create', 'x'], '--host is needed'],
    [['project', 'create', 'x', '--host', 'x.example.com'], '--auth is needed'],
    [['project', 'create', 'x', '--host', 'h', '--auth', 'none', '--issuer', 'i'], '--issuer has no meaning'],
    [['project', 'create', 'x', '--host', 'h', '--auth', 'basic'], 'Allowed choices are'],
    [
      ['project', 'create', 'x', '--host', 'h', '--auth', 'jwt-jwks', '--jwks-url', 'u', '--discovery'],
      'do not go together',
    ],
    [['project', 'update', 'chat'], 'no option says what to change'],
    [['project', 'update', 'chat', '--jwks-url', 'u'], '--jwks-url has no meaning with --auth jwt-secret'],
    [['project', 'update', 'chat', '--remove-host', 'nobody.example.com'], 'has no host'],
    [['project', 'update', 'chat', '--host', 'a', '--add-host', 'b'], '--host replaces all hosts'],
    [['project', 'update', 'chat', '--max-connections', '0'], 'at least 1, or none'],
    [['project', 'test-token', 'chat'], 'there is no token'],
  ])('%j is not understood', async (argv, why) => {
    const { exitCode, stderr } = await run(argv)
    expect(stderr).toContain(why)
    expect(exitCode).toBe(2)
  })

  test('what the server refuses is named with its place', async () => {
    const { stderr } = await run(['project', 'create', 'bad', '--host', 'a b', '--auth', 'none'])
    expect(stderr).toMatch(
      /^error: the project "bad" was refused: .*hosts.*\(ERR_REQUEST_INVALID, status 400\)\n$/,
    )
  })
})

describe('API keys', () => {
  test('are made for a workspace, listed without the key, rotated and revoked', async () => {
    const made = (
      await done(['key', 'create', 'ci', '--role', 'admin', '--expires-in', '90d', '--json'])
    ).json() as {
      keyId: string
      key: string
      expiresAt: string
    }
    expect(Date.parse(made.expiresAt) - Date.now()).toBeGreaterThan(89 * 86_400_000)
    const list = await done(['key', 'list'])
    expect(list.stdout).toMatch(new RegExp(`^${made.keyId} +ci +admin +never +\\d{4}-`, 'm'))
    expect(list.stdout).not.toContain(made.key)

    const rotated = (await done(['key', 'rotate', made.keyId, '--json'])).json() as { key: string }
    const asKey = (key: string): Promise<CliResult> =>
      run(['whoami', '--json'], { env: { PORTCULLIS_API_KEY: key } })
    expect((await asKey(made.key)).stderr).toContain('ERR_API_KEY_INVALID')
    expect((await asKey(rotated.key)).json()).toMatchObject({
      me: { memberships: [{ workspaceId: 'acme', role: 'admin' }] },
    })
    // Its one workspace is what its commands are about.
    await done(['project', 'list'], { env: { PORTCULLIS_API_KEY: rotated.key, XDG_CONFIG_HOME: '' } })
    const forbidden = await run(['key', 'list', '--operator'], { env: { PORTCULLIS_API_KEY: rotated.key } })
    expect(forbidden.exitCode).toBe(1)
    await done(['key', 'revoke', made.keyId, '--yes'])
    expect((await asKey(rotated.key)).exitCode).toBe(1)
  })

  test('whoever rotates the key that they are logged in with stays logged in', async () => {
    const { items } = (await done(['key', 'list', '--operator', '--json'])).json() as {
      items: { keyId: string }[]
    }
    const rotated = await done(['key', 'rotate', items[0]?.keyId as string, '--operator', '--json'])
    expect(rotated.stderr).toContain('you are logged in with the new key')
    expect((await run(['whoami'], { env: { PORTCULLIS_API_KEY: operatorKey } })).exitCode).toBe(1)
    await done(['whoami'])
    const kept = await readFile(config(), 'utf8')
    expect(kept).toContain((rotated.json() as { key: string }).key)
    expect(JSON.parse(kept)).toMatchObject({ servers: { [controlPlane.url]: { workspace: 'acme' } } })
  })

  test.each([
    [['key', 'rotate']],
    [['key', 'rotate', 'k', '--keys-file', 'f']],
    [['key', 'rotate', 'k', '--create']],
    [['key', 'list', '--operator', '--workspace', 'acme']],
    [['key', 'create', 'ci', '--expires-in', 'soon']],
    [['key', 'create', 'ci', '--role', 'root']],
  ])('%j is not understood', async (argv) => {
    expect((await run(argv)).exitCode).toBe(2)
  })
})

describe('dead letters', () => {
  let sequence = 0
  test('are listed, shown, replayed and dropped', async () => {
    const scope = { workspaceId: 'acme', projectId: 'chat' }
    for (const text of ['first', '\u001b[2Jsecond', 'third']) await park(scope, text)
    const { items } = (await done(['dlq', 'list', '--json'])).json() as { items: { id: string }[] }
    expect(items).toHaveLength(3)
    const [third, second, first] = items.map(({ id }) => id) as [string, string, string]
    expect((await done(['dlq', 'list', '--limit', '2'])).stderr).toContain('there are more than these 2')
    expect((await done(['dlq', 'list', '--project', 'none'])).stderr).toBe('there are no dead letters\n')

    const shown = await done(['dlq', 'show', second])
    expect(shown.stdout).toMatch(/^actor +greeter\/front-door$/m)
    expect(shown.stdout).toMatch(/^reason +no such door \(handler_failed\)$/m)
    expect(shown.stdout).toContain('second')
    expect(shown.stdout).not.toContain('\u001b')

    expect((await done(['dlq', 'replay', first])).stdout).toBe(`replayed ${first}\n`)
    expect((await run(['dlq', 'drop', second])).stderr).toContain('ERR_CLI_NOT_CONFIRMED')
    const dropped = await run(['dlq', 'drop', second, first, third, '--yes'])
    expect(dropped).toMatchObject({ exitCode: 1, stdout: `dropped ${second}\ndropped ${third}\n` })
    expect(dropped.stderr).toContain('ERR_DEAD_LETTER_UNKNOWN')
    expect((await done(['dlq', 'list', '--json'])).json()).toEqual({ items: [], isMore: false })
  })

  async function park(scope: { workspaceId: string; projectId: string }, text: string): Promise<void> {
    const envelope = { scope, sessionId: 'gw-1.abc', userId: 'ann', claims: {}, message: { text } }
    const messageId = `message-${(sequence += 1)}`
    await controlPlane.transport.publishDeadLetter({
      scope,
      actor: 'greeter',
      messageId,
      payload: encodeDeadLetter({
        scope,
        actor: 'greeter',
        subject: inboundSubject(scope, 'greeter', 'front-door'),
        sequence,
        messageId,
        reason: { code: 'handler_failed', message: 'no such door' },
        attempts: 5,
        parkedAt: Date.now(),
        payload: encodeInboundEnvelope(envelope),
      }),
    })
  }
})
