import { parseEnvironment } from '@portcullis/app'
import { createAuthService, createKeyRing, createMemoryStore } from '@portcullis/gateway-auth'
import { createGateway } from '@portcullis/interop'
import { expect, test } from 'vitest'
import { environmentSchema } from '../../src/environment/environment.ts'
import { interopAuthentication } from '../../src/interop/authentication.ts'

const OIDC = { INTEROP_OIDC_ISSUER: 'https://idp.example.com', INTEROP_OIDC_AUDIENCE: 'desk' }

test.each([
  [{}, ['basic', 'machine']],
  [{ INTEROP_AUTH: 'machine' }, ['machine']],
  [{ INTEROP_AUTH: 'oidc, machine', ...OIDC }, ['oauth2', 'machine']],
  [{ INTEROP_AUTH: 'oidc', ...OIDC, INTEROP_OIDC_ISSUER: 'http://127.0.0.1:9090' }, ['oauth2']],
  [{ INTEROP_AUTH: 'machine,oidc,dev', ...OIDC }, ['machine', 'oauth2', 'basic']],
])('with %j clients are asked about at these, in this order: %j', async (variables, names) => {
  await using service = createAuthService({
    issuer: 'http://localhost:4000',
    keys: createKeyRing([{ algorithm: 'HS256', key: 'a-secret-for-tests-of-the-application' }]),
    store: createMemoryStore(),
    registration: 'open',
  })
  const authentication = interopAuthentication(parseEnvironment(environmentSchema, variables), service)
  expect(authentication).toMatchObject({ default: names, available: names })
  // What it is made of works, and a secret is accepted by none but dev.
  await using gateway = createGateway({ authentication })
  await gateway.start()
  expect(authentication.basic).toEqual(
    names.includes('basic') ? { secretVerifier: expect.any(Function) as unknown } : {},
  )
})
