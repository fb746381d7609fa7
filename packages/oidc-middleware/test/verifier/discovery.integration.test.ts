import type { ServerResponse } from 'node:http'
import { afterEach, beforeEach, expect, test, vi } from 'vitest'
import {
  allowInsecureHttp,
  createVerifier,
  type OidcVerifier,
  type VerifierOptions,
} from '../../src/index.ts'
import { codeOf, refusalOf } from '../support/code-of.ts'
import { AUDIENCE, startIssuer, type TestIssuer } from '../support/issuer.ts'
import { eventually } from '../support/eventually.ts'

const OPENID = '/.well-known/openid-configuration'
const OAUTH = '/.well-known/oauth-authorization-server'

let idp: TestIssuer

beforeEach(async () => {
  idp = await startIssuer()
})

afterEach(async () => {
  vi.useRealTimers()
  await idp[Symbol.asyncDispose]()
})

function verifierOf(issuer: string, options: VerifierOptions = {}): OidcVerifier {
  return createVerifier({
    issuer,
    audience: AUDIENCE,
    discovery: true,
    [allowInsecureHttp]: true,
    ...options,
  })
}

function publish(path: string, issuer = idp.issuer, jwksUri: unknown = idp.jwksUri): void {
  idp.documents.set(path, { issuer, jwks_uri: jwksUri })
}

test('metadata of OpenID Connect lead to the keys, and are read once for all tokens', async () => {
  publish(OPENID)
  const verifier = verifierOf(idp.issuer)
  const tokens = await Promise.all(
    Array.from({ length: 50 }, (_, index) => idp.token({ jti: String(index) })),
  )
  await Promise.all(tokens.map((token) => verifier.verify(token)))
  expect([idp.others, idp.downloads]).toEqual([[OPENID], 1])
})

test.each([`/tenant${OPENID}`, `${OAUTH}/tenant`, `/tenant${OAUTH}`])(
  'metadata of an issuer with a path are found at %s',
  async (path) => {
    const issuer = `${idp.issuer}/tenant`
    publish(path, issuer)
    const verifier = verifierOf(issuer)
    expect((await verifier.verify(await idp.token({ iss: issuer }))).context.sub).toBe('alice')
    expect(idp.others.at(-1)).toBe(path)
  },
)

test('an issuer with a slash at its end is compared as it is, and asked without doubling it', async () => {
  const issuer = `${idp.issuer}/`
  publish(OPENID, issuer)
  expect((await verifierOf(issuer).verify(await idp.token({ iss: issuer }))).context.sub).toBe('alice')
  expect(idp.others).toEqual([OPENID])
})

test.each<[string, unknown]>([
  ['name another issuer', { issuer: 'https://evil.example', jwks_uri: 'KEYS' }],
  ['name the issuer with a slash', { issuer: 'ISSUER/', jwks_uri: 'KEYS' }],
  ['name no issuer', { jwks_uri: 'KEYS' }],
  ['have no keys', { issuer: 'ISSUER' }],
  ['have keys in a file', { issuer: 'ISSUER', jwks_uri: 'file:///etc/passwd' }],
  ['have keys over http:', { issuer: 'ISSUER', jwks_uri: 'http://10.0.0.1/jwks' }],
  ['have keys behind credentials', { issuer: 'ISSUER', jwks_uri: 'https://u:p@i.example/jwks' }],
  ['have a list for keys', { issuer: 'ISSUER', jwks_uri: ['KEYS'] }],
  ['are a list', [1]],
  ['are null', null],
])('metadata that %s are a failure of the issuer, not of the token', async (_what, document) => {
  const text = JSON.stringify(document).replaceAll('ISSUER', idp.issuer).replaceAll('KEYS', idp.jwksUri)
  idp.answer = (_request, response) => {
    response.writeHead(200, { 'content-type': 'application/json' }).end(text)
  }
  expect(await refusalOf(verifierOf(idp.issuer).verify(await idp.token()))).toMatchObject({
    code: 'ERR_AUTH_KEYS_UNAVAILABLE',
    statusCode: 503,
    retryAfterSeconds: 5,
  })
  expect(idp.downloads).toBe(0)
})

test.each<[string, (response: ServerResponse) => void]>([
  ['a redirect', (response) => response.writeHead(302, { location: '/elsewhere' }).end()],
  ['HTML', (response) => response.writeHead(200, { 'content-type': 'text/html' }).end('<p>')],
  ['broken JSON', (response) => response.writeHead(200, { 'content-type': 'application/json' }).end('{')],
  [
    'too much',
    (response) =>
      response.writeHead(200, { 'content-type': 'application/json' }).end(`"${'x'.repeat(262_144)}"`),
  ],
  ['a cut connection', (response) => response.destroy()],
])('an endpoint of metadata that answers with %s is a failure of the issuer', async (_what, answer) => {
  idp.answer = (_request, response) => answer(response)
  expect(await codeOf(verifierOf(idp.issuer).verify(await idp.token()))).toBe('ERR_AUTH_KEYS_UNAVAILABLE')
  expect(idp.others).not.toContain('/elsewhere')
})

test('an endpoint of metadata that says nothing is given up', async () => {
  idp.answer = () => undefined
  const verifier = verifierOf(idp.issuer, { timeoutMs: 50 })
  expect(await codeOf(verifier.verify(await idp.token()))).toBe('ERR_AUTH_KEYS_UNAVAILABLE')
  expect(idp.others).toHaveLength(1)
})

test('a failure is not repeated for every token, and recovers', async () => {
  vi.useFakeTimers({ toFake: ['performance'] })
  const verifier = verifierOf(idp.issuer)
  const token = await idp.token()
  for (let time = 0; time < 5; time += 1) {
    expect(await codeOf(verifier.verify(token))).toBe('ERR_AUTH_KEYS_UNAVAILABLE')
  }
  expect(idp.others).toEqual([OPENID, OAUTH])
  publish(OPENID)
  vi.advanceTimersByTime(1000)
  expect((await verifier.verify(token)).context.sub).toBe('alice')
})

test('keys that move are found within the hour, and a failure meanwhile changes nothing', async () => {
  vi.useFakeTimers({ toFake: ['performance'] })
  await using moved = await startIssuer()
  publish(OPENID)
  const verifier = verifierOf(idp.issuer, { maxCachedTokens: 0, cooldownMs: 0 })
  const token = await idp.token()
  await verifier.verify(token)

  idp.documents.delete(OPENID)
  vi.advanceTimersByTime(3_600_000)
  expect((await verifier.verify(token)).context.sub).toBe('alice')

  publish(OPENID, idp.issuer, moved.jwksUri)
  const fromThere = await moved.token({ iss: idp.issuer })
  await eventually(async () => {
    expect((await verifier.verify(fromThere)).context.sub).toBe('alice')
  })
})

test('metadata and keys are downloaded with the function given', async () => {
  publish(OPENID)
  const asked: string[] = []
  const verifier = verifierOf(idp.issuer, {
    egress: (url, init) => {
      asked.push(url)
      return fetch(url, init)
    },
  })
  await verifier.verify(await idp.token())
  expect(asked).toEqual([`${idp.issuer}${OPENID}`, idp.jwksUri])
})
