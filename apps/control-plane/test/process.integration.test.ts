import { spawn } from 'node:child_process'
import { once } from 'node:events'
import { mkdtemp, rm, writeFile } from 'node:fs/promises'
import { tmpdir } from 'node:os'
import { join } from 'node:path'
import { fileURLToPath } from 'node:url'
import { SignJWT } from 'jose'
import { afterAll, beforeAll, describe, expect, test } from 'vitest'

const ENTRY = fileURLToPath(new URL('../src/index.ts', import.meta.url))
const DEVELOPMENT_TOKEN = 'portcullis-internal-development-token'
const TOKEN = 'a-token-for-production-of-32-bytes'
const SECRET = 'HIDDEN-project-secret'.padEnd(32, 'x')

interface ControlPlane extends AsyncDisposable {
  output: string
  readonly url: Promise<string>
  readonly ended: Promise<number>
  stop(): void
}

function start(env: Record<string, string>): ControlPlane {
  const { PATH = '' } = process.env
  const child = spawn(process.execPath, ['--conditions=@portcullis/source', '--import', 'tsx', ENTRY], {
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

let folder: string
let file: string
beforeAll(async () => {
  folder = await mkdtemp(join(tmpdir(), 'portcullis-control-plane-'))
  file = join(folder, 'projects.json')
  const auth = { mode: 'jwt-secret', secret: SECRET }
  await writeFile(
    file,
    JSON.stringify({ projects: [{ workspaceId: 'w', projectId: 'p', hosts: ['p.example'], auth }] }),
  )
})
afterAll(async () => rm(folder, { recursive: true }))

describe('the process', () => {
  test('starts on nothing but defaults, serves, and stops gracefully', async () => {
    await using app = start({})
    const url = await app.url
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
    await using app = start({
      NODE_ENV: 'production',
      CONTROL_PLANE_INTERNAL_TOKEN: TOKEN,
      PROJECTS_FILE: file,
    })
    const url = await app.url
    const jwt = await new SignJWT({ sub: 'ann' })
      .setProtectedHeader({ alg: 'HS256' })
      .setExpirationTime('1m')
      .sign(Buffer.from(SECRET))
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
    for (const secret of [SECRET, TOKEN, jwt]) expect(app.output).not.toContain(secret)
  })

  test('in production without a projects file knows no host, and says so', async () => {
    await using app = start({ NODE_ENV: 'production', CONTROL_PLANE_INTERNAL_TOKEN: TOKEN })
    expect((await authorize(await app.url, { host: 'localhost' }, TOKEN)).status).toBe(404)
    expect(app.output).toContain('PROJECTS_FILE is not set')
  })

  test.each<[Record<string, string>, string]>([
    [{ PORT: '70000' }, 'PORT: must be a port between 0 and 65535'],
    [{ NODE_ENV: 'production' }, 'CONTROL_PLANE_INTERNAL_TOKEN: '],
    [{ NODE_ENV: 'production', CONTROL_PLANE_INTERNAL_TOKEN: 'HIDDEN' }, 'CONTROL_PLANE_INTERNAL_TOKEN: '],
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
    await using first = start({})
    const { port } = new URL(await first.url)
    await using second = start({ PORT: port })
    expect(await second.ended).toBe(1)
    expect(second.output).toContain(
      `control-plane: cannot start: the address is already in use (EADDRINUSE 127.0.0.1:${port})`,
    )
  })
})
