import { describe, expect, test } from 'vitest'
import { type Client, clientOf } from '../fixtures/client.ts'
import type { Share } from '../fixtures/suite.ts'
import { unique } from '../fixtures/world.ts'
import { expectProblem } from './problems.ts'

/** Entity tags. */
export function describeChanges(share: Share): void {
  async function workspace(): Promise<{ client: Client; path: string; etag: string }> {
    const { api, operator } = share()
    const client = clientOf(api.app, operator.owner)
    const workspaceId = `e-${unique()}`
    const made = await client.post('/workspaces', { workspaceId })
    return { client, path: `/workspaces/${workspaceId}`, etag: String(made.headers['etag']) }
  }

  describe('a change', () => {
    test('is of the version that was read', async () => {
      const { client, path, etag } = await workspace()
      expect((await client.get(path)).headers['etag']).toBe(etag)
      const changed = await client.patch(path, { name: 'One' }, { headers: { 'if-match': etag } })
      expect(changed.json()).toMatchObject({ name: 'One' })
      expect(changed.headers['etag']).not.toBe(etag)
      const late = await client.patch(path, { name: 'Two' }, { headers: { 'if-match': etag } })
      expectProblem(late, 412, 'ERR_VERSION_MISMATCH')
      expectProblem(await client.delete(path, { headers: { 'if-match': etag } }), 412, 'ERR_VERSION_MISMATCH')
      expect((await client.get(path)).json()).toMatchObject({ name: 'One' })
    })

    test('without a version is not made', async () => {
      const { client, path } = await workspace()
      expectProblem(await client.patch(path, { name: 'One' }), 428, 'ERR_PRECONDITION_REQUIRED')
      expectProblem(await client.delete(path), 428, 'ERR_PRECONDITION_REQUIRED')
    })

    test('of eight at once is made once', async () => {
      const { client, path, etag } = await workspace()
      const answers = await Promise.all(
        Array.from({ length: 8 }, (_, index) =>
          client.patch(path, { name: `name ${index}` }, { headers: { 'if-match': etag } }),
        ),
      )
      expect(answers.map(({ statusCode }) => String(statusCode)).toSorted()).toEqual([
        '200',
        ...Array.from({ length: 7 }, () => '412'),
      ])
      const { name } = answers.find(({ statusCode }) => statusCode === 200)?.json<{ name: string }>() ?? {}
      expect((await client.get(path)).json()).toMatchObject({ name })
    })

    test('may be of whatever is there, or of one of several versions', async () => {
      const { client, path, etag } = await workspace()
      const list = `"another", ${etag}`
      const one = await client.patch(path, { name: 'One' }, { headers: { 'if-match': list } })
      expect(one.statusCode).toBe(200)
      expect((await client.patch(path, { name: 'Two' }, { headers: { 'if-match': '*' } })).statusCode).toBe(
        200,
      )
      const gone = await client.patch('/workspaces/nowhere', { name: 'x' }, { headers: { 'if-match': '*' } })
      expectProblem(gone, 404, 'ERR_WORKSPACE_UNKNOWN')
    })

    test.each(['W/$', '"another"', '""', '"a", "b"'])(
      'of the version %s is of another one',
      async (template) => {
        const { client, path, etag } = await workspace()
        const header = template.replace('$', etag)
        const refused = await client.patch(path, { name: 'One' }, { headers: { 'if-match': header } })
        expectProblem(refused, 412, 'ERR_VERSION_MISMATCH')
      },
    )

    test.each(['x', '"a', '"a" "b"', '', '*, "a"', `"${'x'.repeat(2050)}"`])(
      'with the malformed version %j is none',
      async (header) => {
        const { client, path } = await workspace()
        const refused = await client.patch(path, { name: 'One' }, { headers: { 'if-match': header } })
        expectProblem(refused, 400, 'ERR_REQUEST_INVALID')
      },
    )
  })

  test('who has a version already is told so, and gets nothing', async () => {
    const { client, path, etag } = await workspace()
    for (const header of [etag, `W/${etag}`, `"x", ${etag}`, '*']) {
      const same = await client.get(path, { headers: { 'if-none-match': header } })
      expect([same.statusCode, same.body, same.headers['etag']]).toEqual([304, '', etag])
    }
    expect((await client.get(path, { headers: { 'if-none-match': '"x"' } })).statusCode).toBe(200)
    // What has no version has a tag of what it looks like.
    const me = clientOf(share().api.app, share().operator.viewer)
    const { items } = (await me.get('/operator-keys')).json<{ items: { keyId: string }[] }>()
    const key = await me.get(`/operator-keys/${items[0]?.keyId ?? ''}`)
    const again = await me.get(`/operator-keys/${items[0]?.keyId ?? ''}`, {
      headers: { 'if-none-match': String(key.headers['etag']) },
    })
    expect(again.statusCode).toBe(304)
  })
}
