import { SignJWT } from 'jose'
import { describe, expect, test } from 'vitest'
import { type Client, clientOf } from '../fixtures/client.ts'
import type { Share } from '../fixtures/suite.ts'
import { unique } from '../fixtures/world.ts'
import { expectProblem } from './problems.ts'

/** Projects, their secrets, their blocked users, and trying tokens. */
export function describeProjects(share: Share): void {
  const owner = (): Client => clientOf(share().api.app, share().operator.owner)

  async function project(
    auth: object,
  ): Promise<{ url: string; host: string; etag: string; key: { workspaceId: string; projectId: string } }> {
    const workspaceId = `q-${unique()}`
    const host = `${workspaceId}.example`
    await owner().post('/workspaces', { workspaceId })
    const made = await owner().post(`/workspaces/${workspaceId}/projects`, {
      projectId: 'p',
      hosts: [host],
      auth,
    })
    expect(made.statusCode).toBe(201)
    return {
      url: `/workspaces/${workspaceId}/projects/p`,
      host,
      etag: String(made.headers['etag']),
      key: { workspaceId, projectId: 'p' },
    }
  }

  const token = (secret: string, sub = 'ann'): Promise<string> =>
    new SignJWT({ sub })
      .setProtectedHeader({ alg: 'HS256' })
      .setExpirationTime('1m')
      .sign(Buffer.from(secret))

  describe('a project', () => {
    test('is shown without its secrets', async () => {
      const secret = `HIDDEN-${unique()}`.padEnd(32, 'x')
      const { url, host, key } = await project({ mode: 'jwt-secret', secret, audience: 'shop' })
      const shown = await owner().get(url)
      expect(shown.json()).toEqual({
        ...key,
        name: 'p',
        hosts: [host],
        auth: {
          mode: 'jwt-secret',
          audience: 'shop',
          secrets: [{ secretId: expect.any(String), createdAt: expect.stringMatching(/^2.*Z$/) }],
        },
        limits: {},
        createdAt: expect.stringMatching(/Z$/),
        updatedAt: expect.stringMatching(/Z$/),
      })
      const everything = await Promise.all(
        [url, `/workspaces/${key.workspaceId}/projects`, `/workspaces/${key.workspaceId}/audit-log`].map(
          (path) => owner().get(path),
        ),
      )
      for (const { body } of everything) expect(body).not.toContain('HIDDEN')
    })

    test.each([
      { mode: 'none' },
      {
        mode: 'jwt-jwks',
        jwksUrl: 'https://id.example/jwks',
        issuer: 'https://q1.example',
        audience: ['a', 'b'],
      },
      {
        mode: 'jwt-jwks',
        discovery: true,
        issuer: 'https://q2.example',
        audience: 'a',
        algorithms: ['ES256'],
      },
      { mode: 'machine', namespaces: ['q-n1', 'q-n2'] },
    ])('with auth $mode is kept as it was sent', async (auth) => {
      const { url } = await project(auth)
      expect((await owner().get(url)).json()).toMatchObject({ auth })
    })

    test('changes in parts, and keeps its secrets when its mode is sent without them', async () => {
      const { url, etag } = await project({ mode: 'jwt-secret', secret: `${unique()}`.padEnd(32, 'x') })
      const changed = await owner().patch(
        url,
        { auth: { mode: 'jwt-secret', audience: 'shop' }, limits: { maxConnections: 5 } },
        { headers: { 'if-match': etag, 'content-type': 'application/merge-patch+json' } },
      )
      expect(changed.json()).toMatchObject({
        limits: { maxConnections: 5 },
        auth: { audience: 'shop', secrets: [{}] },
      })
    })

    test('is removed, and another one of its id is another one', async () => {
      const { url, etag, key } = await project({ mode: 'none' })
      expect((await owner().delete(url, { headers: { 'if-match': etag } })).statusCode).toBe(204)
      expectProblem(await owner().get(url), 404, 'ERR_PROJECT_UNKNOWN')
      const again = { projectId: 'p', hosts: [`${key.workspaceId}.example`], auth: { mode: 'none' } }
      await owner().post(`/workspaces/${key.workspaceId}/projects`, again)
      expectProblem(await owner().delete(url, { headers: { 'if-match': etag } }), 412, 'ERR_VERSION_MISMATCH')
      expectProblem(
        await owner().delete(`/workspaces/${key.workspaceId}`, { headers: { 'if-match': '*' } }),
        409,
        'ERR_WORKSPACE_NOT_EMPTY',
      )
    })
  })

  describe('a secret', () => {
    test('is made here and shown once, or given, and the old one is removed', async () => {
      const { url } = await project({ mode: 'jwt-secret', secret: `${unique()}`.padEnd(32, 'x') })
      const made = await owner().post(`${url}/secrets`, {})
      const { secret = '', secretId } = made.json<{ secret?: string; secretId: string }>()
      expect(secret).toMatch(/^[\w-]{43}$/)
      expect((await owner().get(url)).body).not.toContain(secret)
      expectProblem(await owner().post(`${url}/secrets`, {}), 409, 'ERR_SECRET_COUNT')
      const { auth } = (await owner().get(url)).json<{ auth: { secrets: { secretId: string }[] } }>()
      expect(auth.secrets[0]?.secretId).toBe(secretId)
      expect((await owner().delete(`${url}/secrets/${auth.secrets[1]?.secretId ?? ''}`)).statusCode).toBe(204)
      expectProblem(await owner().delete(`${url}/secrets/${secretId}`), 409, 'ERR_SECRET_COUNT')
      const given = await owner().post(`${url}/secrets`, { secret: `${unique()}`.padEnd(32, 'y') })
      expect(given.json()).not.toHaveProperty('secret')
      expectProblem(await owner().post(`${url}/secrets`, { secret: 'short' }), 400, 'ERR_REQUEST_INVALID')
    })

    test('is of a version where one is named', async () => {
      const { url, etag } = await project({ mode: 'jwt-secret', secret: `${unique()}`.padEnd(32, 'x') })
      await owner().patch(url, { name: 'other' }, { headers: { 'if-match': etag } })
      const late = await owner().post(`${url}/secrets`, {}, { headers: { 'if-match': etag } })
      expectProblem(late, 412, 'ERR_VERSION_MISMATCH')
    })
  })

  describe('trying a token', () => {
    test('says which check fails, and tells no secret', async () => {
      const secret = `HIDDEN-${unique()}`.padEnd(32, 'x')
      const { url, host } = await project({ mode: 'jwt-secret', secret })
      const good = await owner().post(`${url}/token-test`, { token: await token(secret), host })
      expect(good.json()).toMatchObject({ ok: true, userId: 'ann' })
      const bad = await owner().post(`${url}/token-test`, { token: await token('y'.repeat(32)) })
      const { ok, checks } = bad.json<{ ok: boolean; checks: { check: string; status: string }[] }>()
      expect([ok, checks.filter(({ status }) => status === 'failed').map(({ check }) => check)]).toEqual([
        false,
        ['signature'],
      ])
      expect(bad.body + good.body).not.toContain('HIDDEN')
      const none = await owner().post(`${url}/token-test`, {})
      expect(none.json()).toMatchObject({ ok: false, claims: null })
    })
  })

  describe('a blocked user', () => {
    test('is one until they are let in again', async () => {
      const secret = `${unique()}`.padEnd(32, 'x')
      const { url, key } = await project({ mode: 'jwt-secret', secret })
      const userId = 'ann/ä %'
      const blocked = await owner().post(`${url}/blocked-users`, { userId, reason: 'spam' })
      const path = String(blocked.headers['location']).replace('/api', '')
      expect(blocked.json()).toMatchObject({ userId, reason: 'spam' })
      expect((await owner().get(`${url}/blocked-users`)).json()).toMatchObject({
        items: [{ userId }],
        next: null,
      })
      const tried = await owner().post(`${url}/token-test`, { token: await token(secret, userId) })
      expect(tried.json()).toMatchObject({ ok: false })
      expect(await share().api.store.isUserBlocked(key.workspaceId, key.projectId, userId)).toBe(true)
      expect((await owner().delete(path)).statusCode).toBe(204)
      expectProblem(await owner().delete(path), 404, 'ERR_BLOCKED_USER_UNKNOWN')
      // Half a character is none: it cannot stand in a path, and PostgreSQL would make another one of it.
      const half = await owner().post(`${url}/blocked-users`, { userId: 'ann\ud800' })
      expectProblem(half, 400, 'ERR_REQUEST_INVALID')
      expect((await owner().get(`${url}/blocked-users`)).json()).toMatchObject({ items: [] })
      const long = 'x'.repeat(256)
      await owner().post(`${url}/blocked-users`, { userId: long })
      expect((await owner().delete(`${url}/blocked-users/${long}`)).statusCode).toBe(204)
    })
  })
}
