import { execFile, spawn } from 'node:child_process'
import { once } from 'node:events'
import { cp, mkdtemp, rm, stat, writeFile } from 'node:fs/promises'
import { tmpdir } from 'node:os'
import { join } from 'node:path'
import { fileURLToPath } from 'node:url'
import { signAccessToken } from '@portcullis/gateway-auth'
import { startPostgres } from '@portcullis/test-servers'
import { SignJWT } from 'jose'
import { afterAll, beforeAll, describe, expect, test } from 'vitest'

const ENTRY = fileURLToPath(new URL('../src/index.ts', import.meta.url))
const TSX = import.meta.resolve('tsx')
const DEVELOPMENT_TOKEN = 'portcullis-internal-development-token'
const TOKEN = 'a-token-for-production-of-32-bytes'
const SECRET = 'HIDDEN-project-secret'.padEnd(32, 'x')

interface ControlPlane extends AsyncDisposable {
  output: string
  readonly url: Promise<string>
  readonly ended: Promise<number>
  stop(): void
}

/** Starts one with these variables, in a folder of its own unless told where. */
function start(env: Record<string, string>, cwd: string = folder): ControlPlane {
  const { PATH = '' } = process.env
  const child = spawn(process.execPath, ['--conditions=@portcullis/source', '--import', TSX, ENTRY], {
    cwd,
    env: { PATH, PORT: '0', HOST: '127.0.0.1', ...env },
  })
  const ended = once(child, 'close').then(([code]) => code as number)
  let announce: (url: string) => void
  const running: ControlPlane = {
    output: '',
    url: new Promise((resolve) => {
      announce = resolve
    }),
    ended,
    stop: () => child.kill('SIGTERM'),
    async [Symbol.asyncDispose]() {
      child.kill('SIGKILL')
      await ended
    },
  }
  const collect = (chunk: Buffer): void => {
    running.output += String(chunk)
    const url = /listening at (http:\/\/[\d.:]+)/i.exec(running.output)?.[1]
    if (url !== undefined) announce(url)
  }
  child.stdout.on('data', collect)
  child.stderr.on('data', collect)
  return running
}

async function authorize(
  url: string,
  body: object,
  token: string,
): Promise<{ status: number; body: unknown }> {
  const response = await fetch(`${url}/api/registry/authorize`, {
    method: 'POST',
    headers: { authorization: `Bearer ${token}`, 'content-type': 'application/json' },
    body: JSON.stringify(body),
  })
  return { status: response.status, body: await response.json() }
}

const KEY = 'ab'.repeat(32)
const PRODUCTION = {
  NODE_ENV: 'production',
  CONTROL_PLANE_INTERNAL_TOKEN: TOKEN,
  REGISTRY_SECRET_KEY: KEY,
}

let folder: string
let file: string
/** A data directory with empty tables: to make them takes seconds. */
let template: string

/** A data directory that no other test uses. */
async function newDataDir(): Promise<string> {
  const directory = await mkdtemp(join(folder, 'data-'))
  await cp(template, directory, { recursive: true })
  return directory
}

/** What a program prints, whatever it ends with. */
function run(command: string, args: readonly string[]): Promise<{ stdout: string }> {
  return new Promise((resolve) => {
    execFile(command, args, (_error, stdout) => resolve({ stdout }))
  })
}

async function tokenOf(secret: string): Promise<string> {
  return new SignJWT({ sub: 'ann' })
    .setProtectedHeader({ alg: 'HS256' })
    .setExpirationTime('1m')
    .sign(Buffer.from(secret))
}

beforeAll(async () => {
  folder = await mkdtemp(join(tmpdir(), 'portcullis-control-plane-'))
  file = join(folder, 'projects.json')
  const auth = { mode: 'jwt-secret', secret: SECRET }
  await writeFile(
    file,
    JSON.stringify({ projects: [{ workspaceId: 'w', projectId: 'p', hosts: ['p.example'], auth }] }),
  )
  template = join(folder, 'template')
  await using app = start({ ...PRODUCTION, DATA_DIR: template })
  await app.url
  app.stop()
  expect(await app.ended).toBe(0)
})
afterAll(async () => rm(folder, { recursive: true }))

describe('the process', () => {
  test('starts on nothing but defaults, serves, and stops gracefully', async () => {
    const cwd = await mkdtemp(join(folder, 'cwd-'))
    await using app = start({}, cwd)
    const url = await app.url
    expect((await stat(join(cwd, 'data/control-plane/secret-key'))).mode & 0o777).toBe(0o600)
    expect(await (await fetch(`${url}/health`)).json()).toEqual({ ok: true })
    expect(await authorize(url, { host: 'localhost:4000' }, DEVELOPMENT_TOKEN)).toEqual({
      status: 200,
      body: { workspaceId: 'demo', projectId: 'chat', userId: null, claims: {} },
    })
    expect((await authorize(url, { host: 'localhost' }, TOKEN)).status).toBe(401)
    app.stop()
    expect(await app.ended).toBe(0)
  })

  test('in production serves the projects of its file under its own token, and shows no secret', async () => {
    await using app = start({ ...PRODUCTION, DATA_DIR: await newDataDir(), PROJECTS_FILE: file })
    const url = await app.url
    const jwt = await tokenOf(SECRET)
    expect(await authorize(url, { host: 'P.example', token: jwt }, TOKEN)).toMatchObject({
      status: 200,
      body: { workspaceId: 'w', projectId: 'p', userId: 'ann' },
    })
    expect(await authorize(url, { host: 'p.example', token: `${jwt}x` }, TOKEN)).toMatchObject({
      status: 401,
      body: { code: 'ERR_AUTH_TOKEN_INVALID' },
    })
    expect((await authorize(url, { host: 'localhost' }, TOKEN)).status).toBe(404)
    expect((await authorize(url, { host: 'p.example' }, DEVELOPMENT_TOKEN)).status).toBe(401)
    app.stop()
    expect(await app.ended).toBe(0)
    for (const secret of [SECRET, TOKEN, KEY, jwt]) expect(app.output).not.toContain(secret)
  })

  test('in production without a projects file knows no host, and says so', async () => {
    await using app = start({ ...PRODUCTION, DATA_DIR: await newDataDir() })
    expect((await authorize(await app.url, { host: 'localhost' }, TOKEN)).status).toBe(404)
    expect(app.output).toContain('PROJECTS_FILE is not set')
  })

  test.each<[Record<string, string>, string]>([
    [{ PORT: '70000' }, 'PORT: must be a port between 0 and 65535'],
    [{ NODE_ENV: 'production' }, 'CONTROL_PLANE_INTERNAL_TOKEN: '],
    [{ ...PRODUCTION, CONTROL_PLANE_INTERNAL_TOKEN: 'HIDDEN' }, 'CONTROL_PLANE_INTERNAL_TOKEN: '],
    [{ ...PRODUCTION, REGISTRY_SECRET_KEY: '' }, 'REGISTRY_SECRET_KEY: '],
    [{ REGISTRY_SECRET_KEY: 'HIDDEN' }, 'REGISTRY_SECRET_KEY: '],
    [{ PROJECTS_FILE: '/nowhere/projects.json' }, '/nowhere/projects.json: cannot be read (ENOENT)'],
  ])('with %j exits with 1 and says what is wrong', async (env, message) => {
    await using app = start(env)
    expect(await app.ended).toBe(1)
    expect(app.output).toContain(message)
    expect(app.output).not.toContain('HIDDEN')
    expect(app.output).not.toContain('    at ')
  })

  test('names the place of a mistake in the projects file, without the secret beside it', async () => {
    const bad = join(folder, 'bad.json')
    const auth = { mode: 'jwt-secret', secret: SECRET, audiense: 'x' }
    await writeFile(
      bad,
      JSON.stringify({ projects: [{ workspaceId: 'w', projectId: 'p', hosts: ['p.example'], auth }] }),
    )
    await using app = start({ PROJECTS_FILE: bad })
    expect(await app.ended).toBe(1)
    expect(app.output).toContain(`control-plane: cannot start: ${bad}: $.projects[0].auth`)
    expect(app.output).not.toContain('HIDDEN')
  })

  test('whose port is taken says so in one line and exits with 1', async () => {
    await using first = start({ DATA_DIR: await newDataDir() })
    const { port } = new URL(await first.url)
    await using second = start({ DATA_DIR: await newDataDir(), PORT: port })
    expect(await second.ended).toBe(1)
    expect(second.output).toContain(
      `control-plane: cannot start: the address is already in use (EADDRINUSE 127.0.0.1:${port})`,
    )
  })
})

describe('its data', () => {
  test('outlive the process, and a projects file is imported once', async () => {
    const env = { ...PRODUCTION, DATA_DIR: await newDataDir(), PROJECTS_FILE: file }
    const body = { host: 'p.example', token: await tokenOf(SECRET) }
    for (const isFirst of [true, false]) {
      await using app = start(env)
      expect(await authorize(await app.url, body, TOKEN)).toMatchObject({ status: 200 })
      expect(app.output.includes('PROJECTS_FILE is not imported')).toBe(!isFirst)
      // As in a crash: nothing is flushed or given back.
    }
    await using later = start({ ...PRODUCTION, DATA_DIR: env.DATA_DIR })
    expect(await authorize(await later.url, body, TOKEN)).toMatchObject({ status: 200 })
    later.stop()
    expect(await later.ended).toBe(0)
  })

  test('have no secret in any file', async () => {
    const DATA_DIR = await newDataDir()
    await using app = start({ ...PRODUCTION, DATA_DIR, PROJECTS_FILE: file })
    await app.url
    app.stop()
    await app.ended
    const { stdout } = await run('grep', ['-rlaF', 'p.example', DATA_DIR])
    expect(stdout).not.toBe('')
    expect((await run('grep', ['-rlaF', 'HIDDEN', DATA_DIR])).stdout).toBe('')
  })

  test('of development give way to a projects file as long as nobody touched them', async () => {
    const DATA_DIR = await newDataDir()
    await using first = start({ DATA_DIR })
    expect((await authorize(await first.url, { host: 'localhost' }, DEVELOPMENT_TOKEN)).status).toBe(200)
    first.stop()
    await first.ended
    await using second = start({ DATA_DIR, PROJECTS_FILE: file })
    const url = await second.url
    expect((await authorize(url, { host: 'localhost' }, DEVELOPMENT_TOKEN)).status).toBe(404)
    const body = { host: 'p.example', token: await tokenOf(SECRET) }
    expect((await authorize(url, body, DEVELOPMENT_TOKEN)).status).toBe(200)
  })

  test('in a directory that is in use end the start of a second one that was told to use it', async () => {
    const DATA_DIR = await newDataDir()
    await using first = start({ DATA_DIR })
    await first.url
    await using second = start({ DATA_DIR })
    expect(await second.ended).toBe(1)
    expect(second.output).toContain(DATA_DIR)
    expect(second.output).toContain('another one has it')
  })

  test('in the default directory that is in use stay in memory, with a warning', async () => {
    const cwd = await mkdtemp(join(folder, 'cwd-'))
    await using first = start({}, cwd)
    await first.url
    await using second = start({}, cwd)
    expect((await authorize(await second.url, { host: 'localhost' }, DEVELOPMENT_TOKEN)).status).toBe(200)
    expect(second.output).toContain('projects are kept in memory')
  })

  test('are one in a PostgreSQL that two processes share, and that may come later than they', async () => {
    await using postgres = await startPostgres()
    await postgres.stop()
    const env = { ...PRODUCTION, DATABASE_URL: postgres.url, PROJECTS_FILE: file }
    await using one = start(env)
    await using other = start(env)
    const body = { host: 'p.example', token: await tokenOf(SECRET) }
    expect(await authorize(await one.url, body, TOKEN)).toMatchObject({
      status: 503,
      body: { code: 'ERR_REGISTRY_UNAVAILABLE' },
    })
    expect((await fetch(`${await one.url}/health/ready`)).status).toBe(503)
    expect((await fetch(`${await one.url}/health/live`)).status).toBe(200)
    await postgres.restart()
    for (const app of [one, other]) {
      const url = await app.url
      await expect
        .poll(async () => (await fetch(`${url}/health/ready`)).status, { timeout: 20_000 })
        .toBe(200)
      expect((await authorize(url, body, TOKEN)).status).toBe(200)
    }
    await postgres.stop()
    expect((await authorize(await one.url, body, TOKEN)).status).toBe(503)
    one.stop()
    expect(await one.ended).toBe(0)
  })

  test('whose key is another one are refused as such, until both keys are given', async () => {
    const DATA_DIR = await newDataDir()
    const body = { host: 'p.example', token: await tokenOf(SECRET) }
    const other = 'cd'.repeat(32)
    const enter = async (REGISTRY_SECRET_KEY: string): Promise<number> => {
      await using app = start({ ...PRODUCTION, DATA_DIR, PROJECTS_FILE: file, REGISTRY_SECRET_KEY })
      const { status } = await authorize(await app.url, body, TOKEN)
      app.stop()
      await app.ended
      return status
    }
    expect(await enter(KEY)).toBe(200)
    expect(await enter(other)).toBe(500)
    expect(await enter(`${other},${KEY}`)).toBe(200)
    expect(await enter(other)).toBe(200)
  })
})

describe('a project for machine clients', () => {
  test('takes the tokens that the gateways sign, of its namespaces', async () => {
    const GATEWAY_JWT_SECRET = 'HIDDEN-gateway-secret'.padEnd(32, 'x')
    const machines = join(folder, 'machines.json')
    const project = { workspaceId: 'w', projectId: 'm', hosts: ['*.m.example'] }
    const auth = { mode: 'machine', namespaces: ['n1'] }
    await writeFile(machines, JSON.stringify({ projects: [{ ...project, auth }] }))
    await using app = start({ DATA_DIR: await newDataDir(), PROJECTS_FILE: machines, GATEWAY_JWT_SECRET })
    const url = await app.url
    const enter = async (namespaceId: string): Promise<number> => {
      const { token } = await signAccessToken(
        { hostId: 'host-1', namespaceId, tier: 'free', type: 'machine' },
        { secret: GATEWAY_JWT_SECRET },
      )
      return (await authorize(url, { host: 'a.m.example', token }, DEVELOPMENT_TOKEN)).status
    }
    expect([await enter('n1'), await enter('n2')]).toEqual([200, 401])
    expect(app.output).not.toContain('HIDDEN')
  })
})
