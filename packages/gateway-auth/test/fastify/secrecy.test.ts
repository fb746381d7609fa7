import { Writable } from 'node:stream'
import { expect, test } from 'vitest'
import { createMemoryStore, type AuthStore } from '../../src/index.ts'
import { authLogOptions } from '../../src/fastify/index.ts'
import { basic, bearer, postForm, testApp } from '../support/app.ts'
import { INTERNAL, SECRET } from '../support/service.ts'

/** A store that notes everything it is given to keep; what it is asked for it does not keep. */
function recordingStore(): { store: AuthStore; seen: () => string } {
  const inner = createMemoryStore()
  const notes: unknown[] = []
  const store = Object.fromEntries(
    Object.entries(inner).map(([name, member]) => [
      name,
      typeof member !== 'function'
        ? member
        : async (...args: unknown[]) => {
            if (!name.startsWith('find')) notes.push(name, args)
            return (member as (...all: unknown[]) => unknown)(...args)
          },
    ]),
  ) as unknown as AuthStore
  return {
    store: Object.assign(store, { [Symbol.asyncDispose]: inner[Symbol.asyncDispose] }),
    seen: () => JSON.stringify(notes),
  }
}

test('no secret and no token is in logs, events or the store', async () => {
  const lines: string[] = []
  const stream = new Writable({
    write(chunk: Buffer, _encoding, done) {
      lines.push(chunk.toString())
      done()
    },
  })
  const { store, seen } = recordingStore()
  const { app, auth, events } = await testApp({
    service: { store, refreshGraceSeconds: 30 },
    server: { logger: { level: 'trace', stream, ...authLogOptions } },
    add: (root) => {
      root.get('/fail', { config: { auth: 'none' } }, async (request) => {
        request.log.info({ headers: request.headers }, `called with ${request.url}`)
        const error = new Error(`refused ${request.headers.authorization}`)
        request.log.warn(error)
        request.log.warn({ err: error })
        request.log.warn({ err: error.message })
        throw new Error(`cannot open ${request.url}`, { cause: new Error(request.headers.authorization) })
      })
    },
  })
  const secrets: string[] = [SECRET, INTERNAL]
  const client = await auth.register({ name: 'a', capabilities: ['read'] })
  secrets.push(client.clientSecret)
  const first = await auth.issueTokens(client)
  const second = await auth.refreshTokens(first.refreshToken)
  await auth.refreshTokens(first.refreshToken)
  secrets.push(first.accessToken, first.refreshToken, second.accessToken, second.refreshToken)
  const token = second.accessToken
  for (const url of ['/whoami', '/open', '/nowhere', '/fail', '/auth/token', '/internal/clients']) {
    for (const query of ['', `?access_token=${token}`, `?access%5Ftoken=${token}`, `?token=${token}`]) {
      // oxlint-disable-next-line no-await-in-loop -- one after the other
      await app.inject({ url: url + query, headers: { ...bearer(token), 'x-internal-secret': INTERNAL } })
    }
  }
  const { clientId, clientSecret } = client
  await postForm(app, '/auth/token', { grant_type: 'client_credentials' }, basic(clientId, clientSecret))
  await postForm(app, `/auth/token?client_secret=${clientSecret}`, {
    grant_type: 'x',
    client_secret: clientSecret,
  })
  await postForm(app, '/auth/revoke', { token: second.refreshToken }, basic(clientId, clientSecret))
  await app.inject({ method: 'POST', url: '/auth/refresh', payload: { refreshToken: second.refreshToken } })
  await app.inject({ method: 'POST', url: '/auth/token', payload: { clientId: clientSecret, clientSecret } })
  await app.inject({
    method: 'POST',
    url: '/auth/token',
    headers: { 'content-type': 'application/json' },
    payload: `{"clientSecret":"${clientSecret}"`,
  })
  await auth.rotateSecret(clientId).then((rotated) => secrets.push(rotated.clientSecret))

  const logged = lines.join('')
  expect(lines.length).toBeGreaterThan(50)
  expect(logged).toContain('Route GET:/nowhere')
  expect(logged).toContain('"msg":"refused Bearer [redacted]"')
  for (const secret of secrets) {
    expect(logged).not.toContain(secret)
    expect(JSON.stringify(events)).not.toContain(secret)
    expect(seen()).not.toContain(secret)
  }
})
