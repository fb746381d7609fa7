import { once } from 'node:events'
import { createServer } from 'node:http'
import type { AddressInfo } from 'node:net'
import { allowInsecureHttp } from '@portcullis/auth-core'
import { exportJWK, generateKeyPair, SignJWT } from 'jose'
import { expect, test } from 'vitest'
import { createGateway } from '../../src/index.ts'
import { TestClient } from '../support/gateway-peer.ts'

/** A provider as far as a verifier sees it. */
async function startProvider(): Promise<
  AsyncDisposable & { url: string; sign(issuer: string, audience?: string): Promise<string> }
> {
  const { publicKey, privateKey } = await generateKeyPair('RS256')
  const key = { ...(await exportJWK(publicKey)), kid: 'k', alg: 'RS256', use: 'sig' }
  let issuer = ''
  const server = createServer((request, response) => {
    response.setHeader('content-type', 'application/json')
    if (request.url === '/jwks') response.end(JSON.stringify({ keys: [key] }))
    else response.end(JSON.stringify({ issuer, jwks_uri: `${url}/jwks` }))
  })
  server.listen(0, '127.0.0.1')
  await once(server, 'listening')
  const url = `http://127.0.0.1:${(server.address() as AddressInfo).port}`
  return {
    url,
    async sign(said, audience = 'gateway') {
      issuer = said
      return new SignJWT({ email: 'ann@example.com', scope: 'all' })
        .setProtectedHeader({ alg: 'RS256', kid: 'k' })
        .setIssuer(said)
        .setSubject('ann')
        .setAudience(audience)
        .setIssuedAt()
        .setExpirationTime('5m')
        .sign(privateKey)
    },
    async [Symbol.asyncDispose]() {
      server.closeAllConnections()
      server.close()
      await once(server, 'close')
    },
  }
}

test.each([
  ['', ''],
  ['', '/'],
  ['/', ''],
  ['/', '/'],
])('a token lets its user in, where the option ends with %j and the issuer with %j', async (option, said) => {
  await using provider = await startProvider()
  await using gateway = createGateway({
    authentication: {
      default: 'oauth2',
      oauth2: {
        issuerBaseURL: provider.url + option,
        audience: 'gateway',
        [allowInsecureHttp]: true,
      },
    },
  })
  const hello = async (token: string) =>
    new TestClient(gateway).request({
      type: 'hello',
      identity: { application: 'A', email: 'eve@example.com' },
      authentication: { method: 'access-token', token },
    })
  const { type, resolved_identity: identity } = await hello(await provider.sign(provider.url + said))
  expect(type).toBe('welcome')
  expect(identity).toMatchObject({ user: 'ann', login: 'ann', email: 'ann@example.com' })
  expect(await hello(await provider.sign(provider.url + said, 'another'))).toMatchObject({
    type: 'error',
    reason_uri: 'global.errors.authentication.failure',
  })
})

test('without an audience it is a mistake, found at the start', async () => {
  const oauth2 = { issuerBaseURL: 'https://id.example' } as never
  await using gateway = createGateway({ authentication: { default: 'oauth2', oauth2 } })
  await expect(gateway.start()).rejects.toThrow(new TypeError('"authentication.oauth2.audience" is required'))
})
