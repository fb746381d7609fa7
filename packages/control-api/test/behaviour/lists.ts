import { describe, expect, test } from 'vitest'
import { type Client, clientOf } from '../fixtures/client.ts'
import { machineToken } from '../fixtures/open-api.ts'
import type { Share } from '../fixtures/suite.ts'
import { BY, unique } from '../fixtures/world.ts'
import { expectProblem } from './problems.ts'

interface Page {
  items: Record<string, unknown>[]
  next: string | null
}

/** Pages. */
export function describeLists(share: Share): void {
  /** All items, page by page, by the links. */
  async function all(client: Client, path: string, limit: string): Promise<Record<string, unknown>[]> {
    const items: Record<string, unknown>[] = []
    for (let query: Record<string, string> = { limit }; ;) {
      const response = await client.get(path, { query })
      const page = response.json<Page>()
      items.push(...page.items)
      const link = /^<([^>]+)>; rel="next"$/.exec(String(response.headers['link'] ?? ''))?.[1]
      expect(link === undefined).toBe(page.next === null)
      if (link === undefined) return items
      query = Object.fromEntries(new URL(link, 'http://x').searchParams)
      expect(query).toEqual({ limit, after: page.next })
    }
  }

  describe('a list', () => {
    test('comes in pages that follow each other', async () => {
      const { api, operator } = share()
      const workspaceId = `l-${unique()}`
      await api.store.workspaces.create({ workspaceId }, BY)
      for (let index = 0; index < 5; index += 1) {
        await api.store.members.create({ workspaceId, subject: `user:${index}`, role: 'viewer' }, BY)
      }
      const client = clientOf(api.app, operator.viewer)
      for (const limit of ['1', '2', '5', '200']) {
        const members = await all(client, `/workspaces/${workspaceId}/members`, limit)
        expect(members.map(({ subject }) => subject)).toEqual([0, 1, 2, 3, 4].map((index) => `user:${index}`))
      }
    })

    test('of workspaces has those of the caller', async () => {
      const { api } = share()
      const robot = `robot-${unique()}`
      const ids = [`l-${unique()}-a`, `l-${unique()}-B`, `l-${unique()}-c`].toSorted()
      for (const workspaceId of [...ids, `l-${unique()}`])
        await api.store.workspaces.create({ workspaceId }, BY)
      for (const workspaceId of ids) {
        await api.store.members.create({ workspaceId, subject: `machine:${robot}`, role: 'viewer' }, BY)
      }
      const client = clientOf(api.app, await machineToken(robot))
      for (const limit of ['1', '2', '3', '50']) {
        const found = await all(client, '/workspaces', limit)
        expect(found.map(({ workspaceId }) => workspaceId)).toEqual(ids)
      }
    })

    test.each(['0', '201', '-1', '1.5', 'x', '1e9', ''])('takes no limit of %j', async (limit) => {
      const { api, operator } = share()
      const client = clientOf(api.app, operator.viewer)
      expectProblem(await client.get('/workspaces', { query: { limit } }), 400, 'ERR_REQUEST_INVALID')
    })

    test.each(['/workspaces', '/operators', '/operator-keys', '/audit-log'])(
      'at %s takes no cursor that is none of its own',
      async (path) => {
        const { api, operator } = share()
        for (const after of ['x', '', Buffer.from('a/b').toString('base64url'), "' OR 1=1"]) {
          const client = clientOf(api.app, operator.viewer)
          expectProblem(await client.get(path, { query: { after } }), 400, 'ERR_REQUEST_INVALID')
        }
        const member = clientOf(api.app, await machineToken('nobody'))
        if (path === '/workspaces') {
          expectProblem(await member.get(path, { query: { after: 'x' } }), 400, 'ERR_REQUEST_INVALID')
        }
      },
    )
  })
}
