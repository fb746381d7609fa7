import { describe, expect, test } from 'vitest'
import { clientOf, signIn } from '../fixtures/client.ts'
import { machineToken } from '../fixtures/open-api.ts'
import type { Share } from '../fixtures/suite.ts'
import { BY, unique } from '../fixtures/world.ts'

/** That everything that is changed is written down. */
export function describeAudit(share: Share): void {
  describe('the audit log', () => {
    test('says who changed what, when, how it was before, and in which request', async () => {
      const { api, operator } = share()
      const client = clientOf(api.app, operator.owner)
      const workspaceId = `a-${unique()}`
      const made = await client.post('/workspaces', { workspaceId, name: 'One' })
      const headers = { 'if-match': String(made.headers['etag']) }
      const changed = await client.patch(`/workspaces/${workspaceId}`, { name: 'Two' }, { headers })
      const { items } = (await client.get(`/workspaces/${workspaceId}/audit-log`)).json<{
        items: unknown[]
      }>()
      const actor = expect.stringMatching(/^key:[0-9a-f]{16}$/)
      const at = expect.stringMatching(/^2.*Z$/)
      expect(items).toEqual([
        {
          entryId: expect.any(String),
          at,
          actor,
          action: 'workspace.updated',
          workspaceId,
          projectId: null,
          before: expect.objectContaining({ name: 'One', createdAt: at }),
          after: expect.objectContaining({ name: 'Two', updatedAt: at }),
          requestId: changed.headers['x-request-id'],
        },
        expect.objectContaining({ action: 'workspace.created', before: null, actor }),
      ])
    })

    test('knows machines by their client, and whoever signed in with a key by that key', async () => {
      const { api, operator } = share()
      const workspaceId = `a-${unique()}`
      const robot = `robot-${unique()}`
      await api.store.workspaces.create({ workspaceId }, BY)
      await api.store.members.create({ workspaceId, subject: `machine:${robot}`, role: 'owner' }, BY)
      const headers = { 'if-match': '*' }
      const path = `/workspaces/${workspaceId}`
      await clientOf(api.app, await machineToken(robot)).patch(path, { name: 'One' }, { headers })
      const { client } = await signIn(api.app, operator.owner)
      await client.patch(path, { name: 'Two' }, { headers })
      const { items } = await api.store.auditLog.list({ workspaceId, limit: 2 })
      expect(items.map(({ actor }) => actor)).toEqual([expect.stringMatching(/^key:/), `machine:${robot}`])
    })

    test('has an entry for whatever is done, and none for what is refused', async () => {
      const { api, operator } = share()
      const client = clientOf(api.app, operator.owner)
      const workspaceId = `a-${unique()}`
      const url = `/workspaces/${workspaceId}`
      const any = { headers: { 'if-match': '*' } }
      await client.post('/workspaces', { workspaceId })
      const key = (await client.post(`${url}/api-keys`, { name: 'k', role: 'viewer' })).json<{
        keyId: string
      }>()
      await client.post(`${url}/api-keys/${key.keyId}/rotate`)
      await client.delete(`${url}/api-keys/${key.keyId}`)
      const member = (await client.post(`${url}/members`, { subject: 'user:a', role: 'viewer' })).json<{
        memberId: string
      }>()
      await client.patch(`${url}/members/${member.memberId}`, { role: 'admin' }, any)
      await client.delete(`${url}/members/${member.memberId}`, any)
      const secret = `${unique()}`.padEnd(32, 'x')
      const project = {
        projectId: 'p',
        hosts: [`${workspaceId}.example`],
        auth: { mode: 'jwt-secret', secret },
      }
      await client.post(`${url}/projects`, project)
      await client.patch(`${url}/projects/p`, { name: 'P' }, any)
      const { secretId } = (await client.post(`${url}/projects/p/secrets`, {})).json<{ secretId: string }>()
      await client.delete(`${url}/projects/p/secrets/${secretId}`)
      await client.post(`${url}/projects/p/blocked-users`, { userId: 'm' })
      await client.delete(`${url}/projects/p/blocked-users/m`)
      await client.delete(`${url}/projects/p`, any)
      await client.post(`${url}/projects`, { ...project, hosts: [] })
      await client.delete(`${url}/projects/p`, any)
      const { items } = (await client.get(`${url}/audit-log`)).json<{ items: { action: string }[] }>()
      expect(items.map(({ action }) => action).toReversed()).toEqual([
        'workspace.created',
        'api_key.created',
        'api_key.rotated',
        'api_key.revoked',
        'member.created',
        'member.updated',
        'member.deleted',
        'project.created',
        'project.updated',
        'project.secret_added',
        'project.secret_removed',
        'user.blocked',
        'user.unblocked',
        'project.deleted',
      ])
      const ofProject = await client.get(`${url}/audit-log`, { query: { projectId: 'p' } })
      expect(ofProject.json<{ items: unknown[] }>().items).toHaveLength(7)
    })
  })
}
