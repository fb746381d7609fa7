import { mkdtemp, rm, writeFile } from 'node:fs/promises'
import { request } from 'node:http'
import { once } from 'node:events'
import { tmpdir } from 'node:os'
import { join } from 'node:path'
import { pathToFileURL } from 'node:url'
import { servePage, type GatewayPlace, type ServedPage } from '@portcullis/example-page/server'
import { afterAll, afterEach, beforeAll, expect, test } from 'vitest'

let folder: string
let page: ServedPage | undefined

beforeAll(async () => {
  folder = await mkdtemp(join(tmpdir(), 'example-page-'))
  await writeFile(join(folder, 'index.html'), '<!doctype html><title>A page</title>')
})
afterEach(async () => {
  await page?.close()
})
afterAll(() => rm(folder, { recursive: true }))

async function serve(gateway: Partial<GatewayPlace> = {}): Promise<string> {
  page = await servePage({ root: pathToFileURL(folder), gateway: { path: '/ws', ...gateway }, port: 0 })
  return page.url
}

test('it allows our own files and the gateway, nothing inline', async () => {
  const response = await fetch(await serve({ url: 'wss://relay.example.com/ws' }))
  expect(await response.text()).toContain('A page')
  expect(response.headers.get('content-security-policy')).toBe(
    "default-src 'none'; script-src 'self'; style-src 'self'; img-src 'self'; " +
      "connect-src 'self' wss://relay.example.com; base-uri 'none'; form-action 'none'; " +
      "frame-ancestors 'none'; require-trusted-types-for 'script'",
  )
  expect(response.headers.get('x-content-type-options')).toBe('nosniff')
  expect(response.headers.get('referrer-policy')).toBe('no-referrer')
  expect(response.headers.get('cross-origin-opener-policy')).toBe('same-origin')
  expect(response.headers.get('cache-control')).toBe('no-cache')
})

test('what is not there has the same policy', async () => {
  const response = await fetch(`${await serve()}/nothing`)
  expect(response.status).toBe(404)
  expect(response.headers.get('content-security-policy')).toContain("default-src 'none'")
})

test('it tells where the gateway is, and nobody keeps that', async () => {
  const response = await fetch(`${await serve({ port: 4100, path: '/gw' })}/config.json`)
  expect(await response.json()).toEqual({ gatewayUrl: 'ws://localhost:4100/gw' })
  expect(response.headers.get('cache-control')).toBe('no-store')
})

test('it tells where the console is, if there is one to be linked to', async () => {
  const root = pathToFileURL(folder)
  page = await servePage({ root, gateway: { path: '/ws' }, console: { port: 3100 }, port: 0 })
  const response = await fetch(`${page.url}/config.json`)
  expect(await response.json()).toMatchObject({ consoleUrl: 'http://localhost:3100' })
})

test('a host that is no host name gets into no header', async () => {
  const sent = request(await serve(), { headers: { host: "x; script-src 'unsafe-inline'" } }).end()
  const [response] = await once(sent, 'response')
  response.resume()
  expect(response.headers['content-security-policy']).toContain("connect-src 'self' ws://localhost:4000;")
  expect(response.headers['content-security-policy']).not.toContain('unsafe')
})
