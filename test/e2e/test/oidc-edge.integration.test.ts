import { once } from 'node:events'
import { createServer, type Server } from 'node:http'
import type { AddressInfo } from 'node:net'
import { createClient } from '@portcullis/client'
import { allowInsecureHttp, createVerifier } from '@portcullis/oidc-middleware'
import { oidcAuthorizer } from '@portcullis/oidc-middleware/ws'
import { createEmbeddedTransport } from '@portcullis/transport/embedded'
import { createWorker } from '@portcullis/worker'
import { createGateway } from '@portcullis/ws-gateway'
import { exportJWK, generateKeyPair, SignJWT } from 'jose'
import { expect, test } from 'vitest'
import { Disposal } from '../src/disposal.ts'
import { connectRefused, RawClient } from '../src/raw-client.ts'

async function listen(server: Server): Promise<number> {
  server.listen(0, '127.0.0.1')
  await once(server, 'listening')
  return (server.address() as AddressInfo).port
}

test('people of an OIDC provider talk through the relay in the workspace of their organisation', async () => {
  await using disposal = new Disposal()
  const { privateKey, publicKey } = await generateKeyPair('ES256')
  const jwks = { keys: [{ ...(await exportJWK(publicKey)), kid: 'one', alg: 'ES256', use: 'sig' }] }
  const provider = createServer((_request, response) => {
    response.setHeader('content-type', 'application/json').end(JSON.stringify(jwks))
  })
  const issuer = `http://127.0.0.1:${await listen(provider)}`
  disposal.defer(async () => void provider.close())
  const mint = (sub: string, org: string, seconds = 60): Promise<string> =>
    new SignJWT({ org_id: org, roles: ['member'] })
      .setProtectedHeader({ alg: 'ES256', kid: 'one', typ: 'at+jwt' })
      .setIssuer(issuer)
      .setAudience('chat')
      .setSubject(sub)
      .setIssuedAt()
      .setExpirationTime(Math.floor(Date.now() / 1000) + seconds)
      .sign(privateKey)

  const transport = createEmbeddedTransport()
  const verifier = createVerifier({
    issuer,
    audience: 'chat',
    jwksUri: `${issuer}/jwks`,
    [allowInsecureHttp]: true,
  })
  const gateway = createGateway({
    transport,
    authorize: oidcAuthorizer({ verifier, workspaceId: ({ context }) => context.org_id }),
  })
  const edge = createServer()
  gateway.attach(edge)
  await gateway.start()
  const url = `ws://127.0.0.1:${await listen(edge)}/ws`
  const worker = createWorker({ transport, workspaceId: 'acme', projectId: 'default' }).actor('echo', {
    async message(context, message: { text: string }) {
      await context.reply({ text: message.text, userId: context.userId, roles: context.claims['roles'] })
    },
  })
  await worker.start()
  disposal.defer(async () => {
    await worker.drain()
    await gateway.close()
    edge.close()
    await transport.close()
  })

  await using ann = createClient<object>({ url, getToken: () => mint('ann', 'acme') })
  const answer = new Promise((resolve) => ann.on('message', resolve))
  await ann.actor('echo', 'a').send({ text: 'hello' })
  expect(await answer).toEqual({ text: 'hello', userId: 'ann', roles: ['member'] })

  const session = await RawClient.open(url, {
    protocols: ['portcullis.v1', `bearer.${await mint('ann', 'acme', 3)}`],
  })
  await session.frame({ type: 'reauth_required' })
  session.send({ type: 'reauth', token: await mint('ann', 'acme', 60) })
  await session.frame({ type: 'reauthenticated' })
  session.send({ type: 'reauth', token: await mint('ann', 'other', 60) })
  expect(await session.closed).toEqual({ code: 4403, reason: 'reauth_mismatch' })

  for (const token of [await mint('bob', 'not a workspace'), await mint('bob', 'acme', -60), 'garbage']) {
    const { statusCode } = await connectRefused(url, { protocols: [`bearer.${token}`] })
    expect([401, 403]).toContain(statusCode)
  }
})
