import { setFlagsFromString } from 'node:v8'
import { runInNewContext } from 'node:vm'
import { expect, test, vi } from 'vitest'
import { type GrantState, LiveGrants } from '../../src/authorizer/live-grants.ts'
import type { ProjectChange } from '../../src/authorizer/project-change.ts'

const CHANGE: ProjectChange = {
  workspaceId: 'acme',
  projectId: 'one',
  kind: 'admission',
  hosts: [],
  addedHosts: [],
  userId: null,
}

function add(live: LiveGrants, projectId: string, userId: string | null, host: string): GrantState {
  return live.add({ workspaceId: 'acme', projectId, userId, host })
}

function standing(states: GrantState[]): string[] {
  return states.map(({ isWithdrawn, isOutdated }) =>
    isWithdrawn ? 'ended' : isOutdated ? 'outdated' : 'holds',
  )
}

test('those that a change ends are ended, and only those', () => {
  const live = new LiveGrants()
  const states = [
    add(live, 'one', 'ann', 'a.x'),
    add(live, 'one', 'bob', 'b.x'),
    add(live, 'two', 'ann', 'a.y'),
    add(live, 'two', null, 'b.y'),
  ]
  live.apply({ ...CHANGE, kind: 'user', userId: 'ann' })
  expect(standing(states)).toEqual(['ended', 'holds', 'holds', 'holds'])
  live.apply({ ...CHANGE, kind: 'limits' })
  expect(standing(states)).toEqual(['ended', 'outdated', 'holds', 'holds'])
  live.apply({ ...CHANGE, kind: 'hosts', hosts: ['b.x'], addedHosts: ['b.y'] })
  expect(standing(states)).toEqual(['ended', 'outdated', 'holds', 'ended'])
  live.withdrawAll()
  expect(standing(states)).toEqual(['ended', 'ended', 'ended', 'ended'])
})

test('all projects of a workspace', () => {
  const live = new LiveGrants()
  const states = [add(live, 'one', null, 'a.x'), add(live, 'two', null, 'b.x')]
  const other = live.add({ workspaceId: 'other', projectId: 'one', userId: null, host: 'c.x' })
  live.apply({ ...CHANGE, projectId: null, kind: 'deleted' })
  expect(standing([...states, other])).toEqual(['ended', 'ended', 'holds'])
})

test('a grant that came after a change stands', () => {
  const live = new LiveGrants()
  live.apply(CHANGE)
  expect(standing([add(live, 'one', 'ann', 'a.x')])).toEqual(['holds'])
})

test('what nobody holds any more is let go of', async () => {
  setFlagsFromString('--expose-gc')
  const collectGarbage = runInNewContext('gc') as () => void
  const live = new LiveGrants()
  const kept = add(live, 'one', 'kept', 'a.x')
  let collected = 0
  const registry = new FinalizationRegistry(() => (collected += 1))
  const makeGarbage = (): void => {
    for (let n = 0; n < 100; n += 1) registry.register(add(live, 'one', `u${n}`, 'a.x'), n)
  }
  makeGarbage()
  expect(live.size).toBe(101)
  await vi.waitFor(() => {
    collectGarbage()
    expect([collected, live.size]).toEqual([100, 1])
  })
  live.apply(CHANGE)
  expect(standing([kept])).toEqual(['ended'])
})
