import { mkdtemp, mkdir, rm, writeFile } from 'node:fs/promises'
import { tmpdir } from 'node:os'
import { join } from 'node:path'
import { pathToFileURL } from 'node:url'
import { brotliCompressSync } from 'node:zlib'
import fastify, { type FastifyInstance } from 'fastify'
import { afterAll, beforeAll, expect, test } from 'vitest'
import { consolePages } from '../../src/index.ts'

let root: string
let app: FastifyInstance

beforeAll(async () => {
  root = await mkdtemp(join(tmpdir(), 'portcullis-console-'))
  await mkdir(join(root, 'assets'))
  await writeFile(join(root, 'index.html'), '<!doctype html><title>the pages</title>')
  await writeFile(join(root, 'assets', 'main-AbC123.js'), 'export {}')
  await writeFile(join(root, 'assets', 'main-AbC123.js.br'), brotliCompressSync('export {}'))
  await writeFile(join(root, 'secret.txt'), 'not served')
  app = fastify()
  app.get('/health', async () => ({ ok: true }))
  app.setNotFoundHandler(async (_request, reply) => reply.code(404).send({ from: 'the application' }))
  await app.register(consolePages, { root })
  await app.ready()
})
afterAll(async () => {
  await app.close()
  await rm(root, { recursive: true })
})

test.each([
  '/',
  '/setup',
  '/sign-in',
  '/workspaces',
  '/workspaces/acme',
  '/workspaces/acme/projects/shop/auth?x=1',
  '/operate/visibility',
])('%s answers with the document, which nobody keeps', async (path) => {
  const answer = await app.inject(path)
  expect(answer.statusCode).toBe(200)
  expect(answer.body).toContain('the pages')
  expect(answer.headers['content-type']).toBe('text/html; charset=utf-8')
  expect(answer.headers['cache-control']).toBe('no-store')
})

test.each(['/', '/workspaces/acme', '/assets/main-AbC123.js'])(
  '%s comes under a policy that allows nothing inline, and cannot be framed or sniffed',
  async (path) => {
    const { headers } = await app.inject(path)
    expect(headers['content-security-policy']).toBe(
      "default-src 'none'; script-src 'self'; style-src 'self'; img-src 'self'; connect-src 'self'; base-uri 'none'; " +
        "form-action 'none'; frame-ancestors 'none'; require-trusted-types-for 'script'; trusted-types 'none'",
    )
    expect(headers).toMatchObject({
      'cross-origin-opener-policy': 'same-origin',
      'cross-origin-resource-policy': 'same-origin',
      'referrer-policy': 'no-referrer',
      'x-content-type-options': 'nosniff',
      'x-frame-options': 'DENY',
    })
  },
)

test('assets are kept for a year, since another content has another name', async () => {
  const answer = await app.inject('/assets/main-AbC123.js')
  expect(answer.statusCode).toBe(200)
  expect(answer.headers['content-type']).toMatch(/javascript/)
  expect(answer.headers['cache-control']).toBe('public, max-age=31536000, immutable')
})

test('who takes compressed assets is given those that the build made', async () => {
  const headers = { 'accept-encoding': 'gzip, br' }
  const answer = await app.inject({ url: '/assets/main-AbC123.js', headers })
  expect(answer.headers).toMatchObject({ 'content-encoding': 'br', vary: 'accept-encoding' })
  expect(answer.headers['content-type']).toMatch(/javascript/)
  expect(answer.rawPayload).toEqual(brotliCompressSync('export {}'))
  const plain = await app.inject('/assets/main-AbC123.js')
  expect(plain.headers['content-encoding']).toBeUndefined()
  expect(plain.body).toBe('export {}')
})

test('HEAD answers like GET, without the document', async () => {
  const answer = await app.inject({ method: 'HEAD', url: '/workspaces' })
  expect([answer.statusCode, answer.body]).toEqual([200, ''])
})

test.each([
  '/api',
  '/api/nothing',
  '/api/workspaces/acme',
  '/docs',
  '/docs/static/x.js',
  '/internal/fleet',
  '/metrics',
  '/health/ready',
  '/index.html',
  '/favicon.ico',
  '/anything',
  '/workspacesx',
  '/assets/gone-AbC123.js',
])('%s is the business of the application, which finds nothing there', async (path) => {
  const answer = await app.inject(path)
  expect(answer.statusCode).toBe(404)
  expect(answer.json()).toEqual({ from: 'the application' })
})

test('routes beside the pages stay what they are, headers included', async () => {
  const answer = await app.inject('/health')
  expect(answer.json()).toEqual({ ok: true })
  expect(answer.headers['content-security-policy']).toBeUndefined()
})

test.each([
  '/assets/../secret.txt',
  '/assets/..%2fsecret.txt',
  '/assets/%2e%2e/secret.txt',
  '/assets/..%5csecret.txt',
  '/assets//../secret.txt',
  '/assets/.%00./secret.txt',
])('%s leads to no file beside the assets', async (path) => {
  const answer = await app.inject(path)
  expect(answer.statusCode).toBeGreaterThanOrEqual(400)
  expect(answer.body).not.toContain('not served')
})

test.each(['POST', 'PUT', 'DELETE'] as const)('%s of a page is nothing', async (method) => {
  expect((await app.inject({ method, url: '/workspaces/acme' })).statusCode).toBe(404)
})

test('the folder may be a URL', async () => {
  const other = fastify()
  await other.register(consolePages, { root: pathToFileURL(`${root}/`) })
  expect((await other.inject('/')).statusCode).toBe(200)
  await other.close()
})

test.each([
  ['', 'must be the folder'],
  [5, 'must be the folder'],
  [new URL('https://x.test/'), 'must be the folder'],
  [tmpdir(), 'has no index.html'],
])('a "root" of %s is a mistake of the caller', async (wrong, message) => {
  const other = fastify()
  other.register(consolePages, { root: wrong as never })
  await expect(other.ready()).rejects.toThrow(TypeError)
  const again = fastify()
  again.register(consolePages, { root: wrong as never })
  await expect(again.ready()).rejects.toThrow(message)
})
