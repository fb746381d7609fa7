import { describe, expect, test } from 'vitest'
import { type Client, clientOf } from '../fixtures/client.ts'
import { machineToken } from '../fixtures/open-api.ts'
import type { Share } from '../fixtures/suite.ts'
import { BY, unique } from '../fixtures/world.ts'
import { expectProblem } from './problems.ts'

/** That nobody gets more than they were given. */
export function describeRoles(share: Share): void {
  describe('a role', () => {
    test('of a workspace is given by its owners, never past their own workspace', async () => {
      const { api } = share()
      const workspaceId = `r-${unique()}`
      await api.store.workspaces.create({ workspaceId }, BY)
      const owner = clientOf(
        api.app,
        (await api.store.apiKeys.create({ workspaceId, name: 'o', role: 'owner' }, BY)).key,
      )
      const made = await owner.post(`/workspaces/${workspaceId}/api-keys`, { name: 'second', role: 'owner' })
      expect(made.statusCode).toBe(201)
      for (const path of ['/operator-keys', '/operators']) {
        const body = { name: 'x', role: 'viewer', subject: 'user:x' }
        expectProblem(await owner.post(path, body), 403, 'ERR_FORBIDDEN')
      }
      // A workspace in the body is none of the route's members.
      const elsewhere = { name: 'x', role: 'owner', workspaceId: null }
      expectProblem(
        await owner.post(`/workspaces/${workspaceId}/api-keys`, elsewhere),
        400,
        'ERR_REQUEST_INVALID',
      )
    })

    test('of an operator holds everywhere, and is no more than it is', async () => {
      const { api, operator } = share()
      const workspaceId = `r-${unique()}`
      const admin = clientOf(api.app, operator.admin)
      expectProblem(await admin.post('/workspaces', { workspaceId }), 403, 'ERR_FORBIDDEN')
      await clientOf(api.app, operator.owner).post('/workspaces', { workspaceId })
      const project = { projectId: 'p', hosts: [`${workspaceId}.example`], auth: { mode: 'none' } }
      expect((await admin.post(`/workspaces/${workspaceId}/projects`, project)).statusCode).toBe(201)
      for (const [path, body] of [
        [`/workspaces/${workspaceId}/members`, { subject: 'user:me', role: 'owner' }],
        [`/workspaces/${workspaceId}/api-keys`, { name: 'me', role: 'viewer' }],
        ['/operator-keys', { name: 'me', role: 'viewer' }],
        ['/operators', { subject: 'user:me', role: 'viewer' }],
      ] as const) {
        expectProblem(await admin.post(path, body), 403, 'ERR_FORBIDDEN')
      }
    })

    test('is the strongest that somebody has, and goes at once when it is taken', async () => {
      const { api, operator } = share()
      const owner = clientOf(api.app, operator.owner)
      const workspaceId = `r-${unique()}`
      await owner.post('/workspaces', { workspaceId })
      const url = `/workspaces/${workspaceId}/members`
      const robot = `robot-${unique()}`
      const client: Client = clientOf(api.app, await machineToken(robot))
      expectProblem(await client.get(`/workspaces/${workspaceId}`), 404, 'ERR_WORKSPACE_UNKNOWN')
      const { memberId } = (await owner.post(url, { subject: `machine:${robot}`, role: 'admin' })).json<{
        memberId: string
      }>()
      expect((await client.get('/me')).json()).toMatchObject({
        memberships: [{ workspaceId, role: 'admin' }],
      })
      const headers = { 'if-match': '*' }
      await owner.patch(`${url}/${memberId}`, { role: 'viewer' }, { headers })
      expectProblem(
        await client.patch(`/workspaces/${workspaceId}`, { name: 'x' }, { headers }),
        403,
        'ERR_FORBIDDEN',
      )
      await owner.delete(`${url}/${memberId}`, { headers })
      expectProblem(await client.get(`/workspaces/${workspaceId}`), 404, 'ERR_WORKSPACE_UNKNOWN')
    })

    test('of the last owner stays', async () => {
      const { api, operator } = share()
      const owner = clientOf(api.app, operator.owner)
      const workspaceId = `r-${unique()}`
      await owner.post('/workspaces', { workspaceId })
      const url = `/workspaces/${workspaceId}/members`
      const { memberId } = (await owner.post(url, { subject: 'user:only', role: 'owner' })).json<{
        memberId: string
      }>()
      const headers = { 'if-match': '*' }
      expectProblem(await owner.delete(`${url}/${memberId}`, { headers }), 409, 'ERR_LAST_OWNER')
      expectProblem(
        await owner.patch(`${url}/${memberId}`, { role: 'viewer' }, { headers }),
        409,
        'ERR_LAST_OWNER',
      )
    })
  })

  describe('an API key', () => {
    test('is shown once, goes on under its id when it is rotated, and is refused when it is revoked', async () => {
      const { api, operator } = share()
      const owner = clientOf(api.app, operator.owner)
      const workspaceId = `r-${unique()}`
      await owner.post('/workspaces', { workspaceId })
      const url = `/workspaces/${workspaceId}/api-keys`
      const expiresAt = '2999-01-01T00:00:00.000Z'
      const made = await owner.post(url, {
        name: 'deploy',
        role: 'viewer',
        expiresAt: '2999-01-01T01:00:00+01:00',
      })
      const { key, keyId } = made.json<{ key: string; keyId: string }>()
      expect(made.headers['location']).toBe(`/api${url}/${keyId}`)
      expect(key.startsWith(`pck_${keyId}_`)).toBe(true)
      const shown = await owner.get(`${url}/${keyId}`)
      expect(shown.json()).toMatchObject({
        keyId,
        name: 'deploy',
        role: 'viewer',
        expiresAt,
        prefix: `pck_${keyId}`,
      })
      expect((await owner.get(url)).body + shown.body).not.toContain(key)
      expect((await clientOf(api.app, key).get('/me')).json()).toMatchObject({
        memberships: [{ workspaceId }],
      })

      const rotated = (await owner.post(`${url}/${keyId}/rotate`)).json<{ key: string; keyId: string }>()
      expect(rotated.keyId).toBe(keyId)
      expectProblem(await clientOf(api.app, key).get('/me'), 401, 'ERR_API_KEY_INVALID')
      expect((await clientOf(api.app, rotated.key).get('/me')).statusCode).toBe(200)
      expect((await owner.delete(`${url}/${keyId}`)).statusCode).toBe(204)
      expectProblem(await clientOf(api.app, rotated.key).get('/me'), 401, 'ERR_API_KEY_INVALID')
      expectProblem(await owner.get(`${url}/${keyId}`), 404, 'ERR_API_KEY_UNKNOWN')
      const past = await owner.post(url, { name: 'x', role: 'viewer', expiresAt: '2020-01-01T00:00:00Z' })
      expectProblem(past, 400, 'ERR_REQUEST_INVALID')
    })
  })
}
