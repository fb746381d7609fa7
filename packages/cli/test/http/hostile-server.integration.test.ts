import { createServer, type RequestListener, type Server } from 'node:http'
import type { AddressInfo } from 'node:net'
import { once } from 'node:events'
import { freePort } from '@portcullis/test-servers'
import { afterAll, afterEach, beforeAll, expect, test } from 'vitest'
import { cli, type CliResult } from '../support/cli.ts'

const API_KEY = 'pck_0123456789abcdef_kept-to-ourselves'

let server: Server
let url: string
let answer: RequestListener
const seen: string[] = []
beforeAll(async () => {
  server = createServer((request, response) => {
    seen.push(`${request.method} ${request.url} ${request.headers.authorization ?? ''}`)
    answer(request, response)
  })
  server.listen(0, '127.0.0.1')
  await once(server, 'listening')
  url = `http://127.0.0.1:${(server.address() as AddressInfo).port}/`
})
afterEach(() => {
  seen.length = 0
})
afterAll(() => {
  server.closeAllConnections()
  server.close()
})

const ask = (argv: readonly string[], more: Record<string, string> = {}): Promise<CliResult> =>
  cli(argv, {
    env: { PORTCULLIS_URL: url, PORTCULLIS_API_KEY: API_KEY, PORTCULLIS_WORKSPACE: 'acme', ...more },
  })
const json =
  (body: unknown, status = 200): RequestListener =>
  (_request, response) => {
    response.writeHead(status, { 'content-type': 'application/json' }).end(JSON.stringify(body))
  }

test('a redirect is not followed: the API key stays with the server it is for', async () => {
  answer = (_request, response) => void response.writeHead(307, { location: `${url}stolen` }).end()
  const { exitCode, stderr } = await ask(['whoami'])
  expect(exitCode).toBe(1)
  expect(stderr).toContain('leads elsewhere (status 307)')
  expect(seen).toEqual([`GET /api/me Bearer ${API_KEY}`])
})

test('an answer without an end is cut off', async () => {
  answer = (_request, response) => {
    response.writeHead(200)
    const chunk = Buffer.alloc(1024 * 1024, 0x20)
    const more = (): void => {
      while (!response.destroyed && response.write(chunk));
      response.once('drain', more)
    }
    more()
  }
  const { exitCode, stderr } = await ask(['whoami'])
  expect(exitCode).toBe(1)
  expect(stderr).toContain('answered with more than 8388608 bytes (ERR_CLI_ANSWER)')
})

test('a server that says nothing, or never ends its sentence, is not waited for', async () => {
  answer = (request, response) => {
    if (request.url === '/api/me') response.writeHead(200).write('{')
  }
  const results = await Promise.all([
    ask(['whoami', '--timeout', '1']),
    ask(['workspace', 'list', '--timeout', '1']),
  ])
  for (const { exitCode, stderr } of results) {
    expect(exitCode).toBe(1)
    expect(stderr).toContain('did not answer within 1 s (ERR_CLI_UNREACHABLE)')
  }
})

test('nobody there is said in words', async () => {
  const nobody = `http://127.0.0.1:${await freePort()}/`
  const { stderr } = await ask(['whoami'], { PORTCULLIS_URL: nobody })
  expect(stderr).toBe(
    `error: ${nobody}api/me cannot be reached: nobody listens there (ERR_CLI_UNREACHABLE)\n`,
  )
})

test.each([
  ['text', 'hello'],
  ['another shape', { kind: 7 }],
  ['nothing', undefined],
])('%s is no answer', async (_what, body) => {
  answer = json(body)
  const { exitCode, stdout, stderr } = await ask(['whoami'])
  expect({ exitCode, stdout }).toEqual({ exitCode: 1, stdout: '' })
  expect(stderr).toContain('ERR_CLI_ANSWER')
})

test.each([
  [
    { status: 403, detail: 'viewers read', code: 'ERR_FORBIDDEN' },
    'viewers read (ERR_FORBIDDEN, status 403)',
  ],
  [{ error: 'invalid_client', error_description: 'who?' }, 'who? (invalid_client, status 403)'],
  [{ statusCode: 403, error: 'Forbidden', code: 'ERR_X', message: 'no' }, 'no (ERR_X, status 403)'],
  [
    { detail: 'bad', code: 'E', errors: [{ in: 'body', path: 'a.b', message: 'too long' }] },
    'bad; a.b: too long (E, status 403)',
  ],
  ['<html>', 'was refused (status 403)'],
  [{}, 'no reason was given (status 403)'],
  [{ detail: 7, code: {} }, 'no reason was given (status 403)'],
])('a refusal %j is one line with its code', async (body, sentence) => {
  answer = json(body, 403)
  const { exitCode, stderr } = await ask(['whoami'])
  expect(exitCode).toBe(1)
  expect(stderr.trimEnd().split('\n')).toHaveLength(1)
  expect(stderr).toContain(sentence)
})

test('what a server writes does not steer the terminal, in lists, fields, errors and JSON', async () => {
  const evil = '\u001b]0;owned\u0007\u009b2J\r\nerror: forged\u202e'
  const project = {
    workspaceId: evil,
    projectId: evil,
    name: evil,
    hosts: [evil],
    auth: { mode: evil },
    limits: { [evil]: 1 },
  }
  for (const [body, argv, status] of [
    [{ items: [project], next: null }, ['project', 'list'], 200],
    [{ items: [project], next: null }, ['project', 'list', '--json'], 200],
    [project, ['project', 'show', 'x'], 200],
    [{ detail: evil, code: evil, title: evil }, ['project', 'show', 'x'], 400],
    [{ error: evil, error_description: evil }, ['project', 'list'], 500],
  ] as const) {
    answer = json(body, status)
    const { stdout, stderr } = await ask(argv)
    expect((stdout + stderr).replaceAll('\n', '')).not.toMatch(/[\p{Cc}\u202e]/u)
    expect(stdout + stderr).not.toMatch(/^error: forged/m)
  }
})

test('a list whose cursor goes round, or that is empty for ever, ends', async () => {
  answer = json({ items: [{ workspaceId: 'a' }], next: 'same' })
  const { exitCode, stderr } = await ask(['workspace', 'list', '--limit', '10000'])
  expect({ exitCode, requests: seen.length }).toEqual({ exitCode: 0, requests: 2 })
  expect(stderr).toContain('there are more than these 2')
  answer = (request, response) => json({ items: [], next: `${seen.length}` })(request, response)
  seen.length = 0
  await ask(['workspace', 'list'])
  expect(seen).toHaveLength(250)
})

test('a page with more than was asked for is cut', async () => {
  answer = json({ items: Array.from({ length: 500 }, (_, at) => ({ workspaceId: `w${at}` })), next: null })
  const { json: read } = await ask(['workspace', 'list', '--limit', '3', '--json'])
  expect((read() as { items: object[] }).items).toHaveLength(3)
})

test('ids and queries stay what they are', async () => {
  answer = json({ detail: 'no', code: 'E' }, 404)
  await ask(['project', 'show', '../../workspaces?x=1#y'])
  expect(seen[0]).toContain('GET /api/workspaces/acme/projects/..%2F..%2Fworkspaces%3Fx%3D1%23y ')
})

test.each([
  ['ftp://example.com/'],
  ['http://user:secret@example.com/'],
  ['http://example.com/?key=secret'],
  ['example.com'],
])('the URL %j is refused without being repeated', async (bad) => {
  const { exitCode, stderr } = await ask(['whoami', '--url', bad])
  expect(exitCode).toBe(2)
  expect(stderr).not.toContain('secret')
})

test('a key that would travel in the open is warned about', async () => {
  const fake: typeof fetch = () => Promise.resolve(Response.json({ kind: 'api-key', memberships: [] }))
  const env = { PORTCULLIS_API_KEY: API_KEY }
  const far = await cli(['whoami', '--url', 'http://control.example.com'], { env, fetch: fake })
  expect(far.stderr).toContain('warning: http://control.example.com is not https')
  const near = await cli(['whoami', '--url', 'http://localhost:3000'], { env, fetch: fake })
  expect(near.stderr).toBe('a member of no workspace\n')
})

test('the key is in no output, even where a server repeats it', async () => {
  answer = (request, response) =>
    void response.writeHead(500).end(JSON.stringify({ detail: `bad: ${request.headers.authorization}` }))
  const { stdout, stderr } = await ask(['whoami'])
  expect(stdout).toBe('')
  expect(stderr).toMatch(/bad: Bearer \[?\w+\]? \(status 500\)/i)
  expect(stderr).not.toContain(API_KEY)
  // However it is written: \u0070 is the "p" that keys begin with.
  answer = (_request, response) =>
    void response.writeHead(500).end(`{"detail":"bad: ${API_KEY.replace('p', '\\u0070')}"}`)
  const escaped = await ask(['whoami'])
  expect(escaped.stderr).toMatch(/bad: \[?\w+\]? \(status 500\)/i)
  const broken = await ask(['whoami'], { PORTCULLIS_API_KEY: `${API_KEY}\nx` })
  expect(broken.exitCode).toBe(1)
  expect(broken.stderr).not.toContain(API_KEY)
})
