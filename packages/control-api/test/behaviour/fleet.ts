import { describe, expect, test } from 'vitest'
import { clientOf } from '../fixtures/client.ts'
import { connect, sessionOf } from '../fixtures/open-api.ts'
import type { Share } from '../fixtures/suite.ts'
import { BY, letterOf, unique } from '../fixtures/world.ts'
import { expectProblem } from './problems.ts'

/** What is asked of the gateways. */
export function describeFleet(share: Share): void {
  async function workspace(): Promise<{ workspaceId: string; url: string }> {
    const workspaceId = `f-${unique()}`
    await share().api.store.workspaces.create({ workspaceId }, BY)
    return { workspaceId, url: `/workspaces/${workspaceId}` }
  }

  describe('the sessions of a workspace', () => {
    test('are listed, filtered, shown and closed', async () => {
      const { api, operator } = share()
      const client = clientOf(api.app, operator.owner)
      const { workspaceId, url } = await workspace()
      const ids = ['a', 'b', 'c'].map((name) => `${workspaceId}-${name}`)
      for (const [index, sessionId] of ids.entries()) {
        const more = { userId: `user-${index}`, connectedAtMs: Date.UTC(2026, 0, 1, 0, index) }
        await connect(api, sessionOf(sessionId, workspaceId, more))
      }
      const [a = '', b = '', c = ''] = ids
      const list = async (query: Record<string, string>): Promise<unknown> =>
        (await client.get(`${url}/sessions`, { query }))
          .json<{ items: { sessionId: string }[] }>()
          .items.map(({ sessionId }) => sessionId)
      expect(await list({})).toEqual([c, b, a])
      expect(await list({ userId: 'user-1' })).toEqual([b])
      expect(await list({ projectId: 'shop', limit: '1' })).toEqual([c])
      expect(await list({ projectId: 'lobby' })).toEqual([])
      const first = await client.get(`${url}/sessions`, { query: { limit: '2' } })
      const { next } = first.json<{ next: string }>()
      expect(await list({ limit: '2', after: next })).toEqual([a])
      expectProblem(
        await client.get(`${url}/sessions`, { query: { after: 'x' } }),
        400,
        'ERR_REQUEST_INVALID',
      )

      const shown = await client.get(`${url}/sessions/${a}`)
      expect(shown.json()).toMatchObject({
        sessionId: a,
        gatewayId: 'gw-1',
        connectedAt: '2026-01-01T00:00:00.000Z',
        expiresAt: null,
      })
      expect((await client.delete(`${url}/sessions/${a}`)).statusCode).toBe(204)
      expect(api.sessions.has(a)).toBe(false)
      await expect.poll(() => api.fleet.session(a), { timeout: 20_000 }).toBeNull()
      expectProblem(await client.delete(`${url}/sessions/${a}`), 404, 'ERR_SESSION_UNKNOWN')
      const { items } = await api.store.auditLog.list({ workspaceId, limit: 1 })
      expect(items).toMatchObject([{ action: 'session.closed', projectId: 'shop', before: { subjectId: a } }])
      // It is gone on the gateway, which has not said so yet.
      api.sessions.delete(b)
      expectProblem(await client.delete(`${url}/sessions/${b}`), 404, 'ERR_SESSION_UNKNOWN')
    })
  })

  describe('the dead letters of a workspace', () => {
    test('are listed, shown, replayed and dropped', async () => {
      const { api, operator, letters } = share()
      const client = clientOf(api.app, operator.owner)
      const { workspaceId, url } = await workspace()
      for (const name of ['a', 'b', 'c'])
        letters.set(`${workspaceId}-${name}`, letterOf(`${workspaceId}-${name}`, workspaceId))
      letters.set(`${workspaceId}-c`, { ...letterOf(`${workspaceId}-c`, workspaceId), isWhole: false })
      const list = await client.get(`${url}/dead-letters`)
      expect(list.json()).toMatchObject({
        items: [{ id: `${workspaceId}-a`, reason: { code: 'failed' } }, {}, {}],
        next: null,
      })
      expect(list.json<{ items: object[] }>().items[0]).not.toHaveProperty('message')
      const none = await client.get(`${url}/dead-letters`, { query: { projectId: 'other' } })
      expect(none.json()).toEqual({ items: [], next: null })
      expect((await client.get(`${url}/dead-letters/${workspaceId}-a`)).json()).toMatchObject({
        message: { mark: 'own' },
        failedAt: expect.stringMatching(/Z$/),
      })
      expect((await client.post(`${url}/dead-letters/${workspaceId}-a/replay`)).statusCode).toBe(204)
      expectProblem(await client.get(`${url}/dead-letters/${workspaceId}-a`), 404, 'ERR_DEAD_LETTER_UNKNOWN')
      expect((await client.delete(`${url}/dead-letters/${workspaceId}-b`)).statusCode).toBe(204)
      const part = await client.post(`${url}/dead-letters/${workspaceId}-c/replay`)
      expectProblem(part, 409, 'ERR_DEAD_LETTER_INCOMPLETE')
      expect([...letters.keys()].filter((id) => id.startsWith(workspaceId))).toEqual([`${workspaceId}-c`])
      const { items } = await api.store.auditLog.list({ workspaceId })
      expect(items.map(({ action, actor }) => `${action} ${actor.slice(0, 4)}`)).toEqual([
        'dead_letter.dropped key:',
        'dead_letter.replayed key:',
        'workspace.created test',
      ])
    })
  })

  test('the metrics of a workspace are points of a chart', async () => {
    const { api, operator } = share()
    const { url } = await workspace()
    const client = clientOf(api.app, operator.viewer)
    const { points } = (await client.get(`${url}/metrics`, { query: { minutes: '1' } })).json<{
      points: object[]
    }>()
    expect(points.length).toBeGreaterThan(0)
    expect(points[0]).toEqual({
      at: expect.stringMatching(/Z$/),
      connections: 0,
      receivedPerSecond: 0,
      deliveredPerSecond: 0,
      refusedPerSecond: 0,
      p50Ms: null,
      p99Ms: null,
    })
    expectProblem(
      await client.get(`${url}/metrics`, { query: { minutes: '61' } }),
      400,
      'ERR_REQUEST_INVALID',
    )
  })

  test('operators see the gateways, interop and the visibility rules', async () => {
    const { api, operator } = share()
    const client = clientOf(api.app, operator.viewer)
    expect((await client.get('/gateways')).json()).toMatchObject({
      items: [{ gatewayId: 'gw-1', name: 'gateway', version: '1.2.3', isComplete: true }],
    })
    expect((await client.get('/interop/methods')).json()).toMatchObject({ items: [{ name: 'T42.Notify' }] })
    expect((await client.get('/interop/peers')).json()).toEqual({ items: [], next: null })
    expect((await client.get('/visibility/rules')).json()).toMatchObject({ default: 'local' })
    const question = { kind: 'context', name: 'x' }
    expect((await client.post('/visibility/explain', question)).json()).toMatchObject({
      decision: 'cluster',
      path: 'contexts[0]',
    })
    const long = { ...question, name: 'x'.repeat(1001) }
    expectProblem(await client.post('/visibility/explain', long), 400, 'ERR_REQUEST_INVALID')
  })

  test('without a gateway that answers, that is said, and not that there is nothing', async () => {
    const { api, operator } = share()
    const { url } = await workspace()
    const { FleetError } = await import('@portcullis/fleet')
    const fleet = (code: ConstructorParameters<typeof FleetError>[0]): typeof api.fleet => ({
      ...api.fleet,
      ask: () => Promise.reject(new FleetError(code, 'INSIDE')),
    })
    for (const [code, status, answered] of [
      ['ERR_FLEET_NO_GATEWAY', 503, 'ERR_GATEWAY_UNAVAILABLE'],
      ['ERR_FLEET_TIMEOUT', 503, 'ERR_GATEWAY_UNAVAILABLE'],
      ['ERR_FLEET_QUESTION_UNKNOWN', 503, 'ERR_GATEWAY_UNAVAILABLE'],
      ['ERR_FLEET_ANSWER_FAILED', 502, 'ERR_GATEWAY_FAILED'],
    ] as const) {
      const client = clientOf(await api.open({ fleet: fleet(code) }), operator.owner)
      const response = await client.get(`${url}/dead-letters`)
      expectProblem(response, status, answered)
      expect(response.body).not.toContain('INSIDE')
    }
  })
}
