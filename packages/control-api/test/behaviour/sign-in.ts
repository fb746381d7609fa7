import { describe, expect, test } from 'vitest'
import { clientOf, signIn } from '../fixtures/client.ts'
import type { Share } from '../fixtures/suite.ts'
import { BY, unique } from '../fixtures/world.ts'
import { machineToken } from '../fixtures/open-api.ts'
import { expectProblem } from './problems.ts'

/** The console's sessions, and the other credentials. */
export function describeSignIn(share: Share): void {
  describe('a session of the console', () => {
    test('is opened with an API key, has a cookie that only this host gets, and ends when somebody signs out', async () => {
      const { api, operator } = share()
      const answer = await clientOf(api.app).post('/session', { apiKey: operator.owner })
      expect([answer.statusCode, answer.body]).toEqual([204, ''])
      expect(String(answer.headers['set-cookie'])).toMatch(
        /^__Host-portcullis=[\w-]{43}; Max-Age=4\d{4}; Path=\/; HttpOnly; Secure; SameSite=Lax$/,
      )
      const { client, cookie } = await signIn(api.app, operator.owner)
      expect((await client.get('/session')).json()).toMatchObject({
        signedIn: true,
        me: { kind: 'api-key', operator: 'owner' },
        csrfToken: expect.stringMatching(/^[\w-]{43}$/),
      })
      expect(answer.body + JSON.stringify(answer.headers)).not.toContain(operator.owner)
      const over = await client.delete('/session')
      expect(String(over.headers['set-cookie'])).toContain('__Host-portcullis=; ')
      expect((await clientOf(api.app, { cookie }).get('/me')).statusCode).toBe(401)
      expect((await clientOf(api.app, { cookie }).get('/session')).json()).toMatchObject({ signedIn: false })
    })

    test('over http: on a machine that somebody develops on, its cookie is one that browsers take there', async () => {
      const { api, operator } = share()
      const app = await api.open({ publicUrl: 'http://localhost:3000' })
      const answer = await clientOf(app).post('/session', { apiKey: operator.viewer })
      expect(String(answer.headers['set-cookie'])).toMatch(
        /^portcullis=[\w-]{43}; .*; HttpOnly; SameSite=Lax$/,
      )
    })

    test('changes nothing without its CSRF token, or with that of another session', async () => {
      const { api, operator } = share()
      const [one, other] = [await signIn(api.app, operator.owner), await signIn(api.app, operator.owner)]
      expect(one.csrfToken).not.toBe(other.csrfToken)
      for (const token of ['', 'x', other.csrfToken, `${one.csrfToken}x`]) {
        const client = clientOf(api.app, { cookie: one.cookie, 'x-csrf-token': token })
        const refused = await client.post('/workspaces', { workspaceId: `c-${unique()}` })
        expectProblem(refused, 403, 'ERR_CSRF_TOKEN_INVALID')
        expectProblem(await client.delete('/session'), 403, 'ERR_CSRF_TOKEN_INVALID')
        expect((await client.get('/me')).statusCode).toBe(200)
      }
      const made = await one.client.post('/workspaces', { workspaceId: `c-${unique()}` })
      expect(made.statusCode).toBe(201)
    })

    test.each([
      ['https://evil.example', 403],
      ['null', 403],
      ['https://console.example.com.evil.example', 403],
      ['http://console.example.com', 403],
      ['https://console.example.com:8443', 403],
      ['https://console.example.com', 201],
      ['https://localhost:80', 201],
    ])('changes what a page of the origin %s sends: %i', async (origin, status) => {
      const { api, operator } = share()
      const { client } = await signIn(api.app, operator.owner)
      const headers = { origin, host: 'localhost:80' }
      const body = { workspaceId: `o-${unique()}` }
      expect((await client.post('/workspaces', body, { headers })).statusCode).toBe(status)
    })

    test('changes nothing that a browser says comes from another site', async () => {
      const { api, operator } = share()
      const { client } = await signIn(api.app, operator.owner)
      const headers = { 'sec-fetch-site': 'cross-site' }
      const refused = await client.post('/workspaces', { workspaceId: `o-${unique()}` }, { headers })
      expectProblem(refused, 403, 'ERR_ORIGIN_FORBIDDEN')
      const signedIn = await clientOf(api.app).post('/session', { apiKey: operator.owner }, { headers })
      expectProblem(signedIn, 403, 'ERR_ORIGIN_FORBIDDEN')
    })

    test('ends with the key that opened it', async () => {
      const { api } = share()
      const make = () => api.store.apiKeys.create({ workspaceId: null, name: 'short', role: 'viewer' }, BY)
      const [revoked, rotated] = [await make(), await make()]
      const sessions = [await signIn(api.app, revoked.key), await signIn(api.app, rotated.key)]
      for (const { client } of sessions) expect((await client.get('/me')).statusCode).toBe(200)
      await api.store.apiKeys.revoke(revoked.record, BY)
      await api.store.apiKeys.rotate(rotated.record, { ...BY, version: rotated.record.version })
      for (const { client } of sessions)
        expectProblem(await client.get('/me'), 401, 'ERR_AUTH_TOKEN_REQUIRED')
    })

    test('ends when another one is opened in its browser', async () => {
      const { api, operator } = share()
      const { client } = await signIn(api.app, operator.viewer)
      expect((await client.post('/session', { apiKey: operator.admin })).statusCode).toBe(204)
      expectProblem(await client.get('/me'), 401, 'ERR_AUTH_TOKEN_REQUIRED')
    })

    test('is none for a cookie that nobody was given', async () => {
      const { api } = share()
      for (const value of ['x'.repeat(43), '', '../..', 'a b', `${'x'.repeat(43)}; __Host-portcullis=y`]) {
        const response = await clientOf(api.app, { cookie: `__Host-portcullis=${value}` }).get('/me')
        expectProblem(response, 401, 'ERR_AUTH_TOKEN_REQUIRED')
      }
    })
  })

  describe('a credential', () => {
    test.each<[string, string, number, string]>([
      ['a key that is none', 'Bearer pck_0123456789abcdef_x', 401, 'ERR_API_KEY_INVALID'],
      ['a token that is none', 'Bearer x.y.z', 401, 'ERR_AUTH_TOKEN_INVALID'],
      ['an empty one', 'Bearer ', 401, 'ERR_AUTH_TOKEN_INVALID'],
      ['another scheme', 'Basic YTpi', 401, 'ERR_AUTH_TOKEN_INVALID'],
      ['one that is too long', `Bearer ${'x'.repeat(9000)}`, 401, 'ERR_AUTH_TOKEN_INVALID'],
    ])('%s is refused', async (_name, authorization, status, code) => {
      const { api, operator } = share()
      const response = await clientOf(api.app, { authorization }).get('/session')
      expectProblem(response, status, code)
      expect(String(response.headers['www-authenticate'])).toMatch(
        /^Bearer realm="portcullis", error="invalid_token"/,
      )
      // Also beside a session: whoever sends a credential means it.
      const { cookie } = await signIn(api.app, operator.owner)
      expectProblem(await clientOf(api.app, { authorization, cookie }).get('/me'), status, code)
    })

    test('a key in a header needs no CSRF token, also beside a cookie', async () => {
      const { api, operator } = share()
      const { cookie } = await signIn(api.app, operator.viewer)
      const client = clientOf(api.app, { cookie, authorization: `Bearer ${operator.owner}` })
      expect((await client.post('/workspaces', { workspaceId: `k-${unique()}` })).statusCode).toBe(201)
    })

    test('a machine token is that of a client: not of a user, and not expired', async () => {
      const { api } = share()
      const me = async (token: string) => clientOf(api.app, token).get('/me')
      expect((await me(await machineToken('robot-1'))).json()).toEqual({
        kind: 'machine',
        name: 'robot-1',
        operator: null,
        memberships: [],
      })
      expectProblem(await me(await machineToken('robot-1', { type: 'user' })), 401, 'ERR_AUTH_TOKEN_INVALID')
      const app = await api.open({ machineTokens: undefined })
      const nobody = await clientOf(app, await machineToken('robot-1')).get('/me')
      expectProblem(nobody, 401, 'ERR_AUTH_TOKEN_INVALID')
      const broken = await api.open({ machineTokens: () => Promise.reject(new Error('INSIDE')) })
      const away = await clientOf(broken, await machineToken('robot-1')).get('/me')
      expectProblem(away, 503, 'ERR_AUTH_KEYS_UNAVAILABLE')
      expect(away.body).not.toContain('INSIDE')
    })
  })
}
