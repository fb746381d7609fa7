import { describe, expect, test } from 'vitest'
import { type Client, clientOf } from '../fixtures/client.ts'
import type { Share } from '../fixtures/suite.ts'
import { BY, unique } from '../fixtures/world.ts'
import { expectProblem } from './problems.ts'

/** Idempotency keys. */
export function describeCreations(share: Share): void {
  const owner = (): Client => clientOf(share().api.app, share().operator.owner)

  describe('a creation with an idempotency key', () => {
    test('is made once, and answered again as it was, with a key that is shown once too', async () => {
      const headers = { 'idempotency-key': `i-${unique()}` }
      const body = { name: 'deploy', role: 'viewer' }
      const first = await owner().post('/operator-keys', body, { headers })
      const second = await owner().post('/operator-keys', body, { headers })
      expect(second.json()).toEqual(first.json())
      expect([second.statusCode, second.headers['location']]).toEqual([201, first.headers['location']])
      expect([first, second].map((one) => one.headers['idempotency-replayed'])).toEqual([undefined, 'true'])
    })

    test('of eight at once is made once', async () => {
      const headers = { 'idempotency-key': `i-${unique()}` }
      const workspaceId = `i-${unique()}`
      const answers = await Promise.all(
        Array.from({ length: 8 }, () => owner().post('/workspaces', { workspaceId }, { headers })),
      )
      const codes = new Set(
        answers.map((one) => (one.statusCode === 201 ? 'made' : one.json<{ code: string }>().code)),
      )
      expect([...codes].filter((code) => code !== 'ERR_IDEMPOTENCY_RUNNING')).toEqual(['made'])
      const { items } = await share().api.store.auditLog.list({ workspaceId })
      expect(items).toHaveLength(1)
    })

    test('is of one request, one route and one caller', async () => {
      const { api, operator } = share()
      const headers = { 'idempotency-key': `i-${unique()}` }
      const workspaceId = `i-${unique()}`
      await owner().post('/workspaces', { workspaceId }, { headers })
      const other = await owner().post('/workspaces', { workspaceId, name: 'Another' }, { headers })
      expectProblem(other, 422, 'ERR_IDEMPOTENCY_MISMATCH')
      const key = await owner().post('/operator-keys', { name: 'x', role: 'viewer' }, { headers })
      expect(key.statusCode).toBe(201)
      const second = await api.store.apiKeys.create({ workspaceId: null, name: 'second', role: 'owner' }, BY)
      const stranger = await clientOf(api.app, second.key).post('/workspaces', { workspaceId }, { headers })
      expectProblem(stranger, 409, 'ERR_ID_TAKEN')
      // Whoever may no longer is not told what was answered.
      const viewer = await clientOf(api.app, operator.viewer).post(
        '/workspaces',
        { workspaceId },
        { headers },
      )
      expectProblem(viewer, 403, 'ERR_FORBIDDEN')
    })

    test('that was refused may be made again', async () => {
      const headers = { 'idempotency-key': `i-${unique()}` }
      const [workspaceId, projectId] = [`i-${unique()}`, 'p']
      await owner().post('/workspaces', { workspaceId })
      const body = { projectId, hosts: [`${workspaceId}.example`], auth: { mode: 'none' } }
      await owner().post(`/workspaces/${workspaceId}/projects`, { ...body, projectId: 'first' })
      const path = `/workspaces/${workspaceId}/projects`
      expectProblem(await owner().post(path, body, { headers }), 409, 'ERR_HOST_TAKEN')
      await owner().delete(`${path}/first`, { headers: { 'if-match': '*' } })
      expect((await owner().post(path, body, { headers })).statusCode).toBe(201)
    })

    test.each(['', ' ', 'a b', 'ü', 'x'.repeat(256)])('and the malformed key %j is none', async (key) => {
      const headers = { 'idempotency-key': key }
      const refused = await owner().post('/workspaces', { workspaceId: `i-${unique()}` }, { headers })
      expectProblem(refused, 400, 'ERR_REQUEST_INVALID')
    })
  })
}
