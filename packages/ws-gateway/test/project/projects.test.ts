import fc from 'fast-check'
import { expect, test } from 'vitest'
import { LATENCY_BUCKETS_MS } from '../../src/index.ts'
import { ProjectCounts } from '../../src/project/project-counts.ts'
import { Projects } from '../../src/project/projects.ts'

const project = (projectId: string): { workspaceId: string; projectId: string } => ({
  workspaceId: 'acme',
  projectId,
})
const names = (projects: Projects): string[] =>
  [...projects.counters()].map(({ projectId }) => projectId).toSorted()

test('sessions of one project count into one place, by workspace and project', () => {
  const projects = new Projects(10)
  const one = projects.of(project('one'))
  expect(projects.of(project('one'))).toBe(one)
  expect(projects.of({ workspaceId: 'other', projectId: 'one' })).not.toBe(one)
})

test('of projects without a session the one that was left first is forgotten, and starts at zero', () => {
  const projects = new Projects(2)
  for (const name of ['a', 'b', 'c']) {
    const counts = projects.of(project(name))
    projects.opened(counts)
    counts.received += 1
  }
  for (const name of ['b', 'a', 'c']) projects.closed(projects.of(project(name)))
  expect(names(projects)).toEqual(['a', 'c'])
  expect([projects.of(project('a')).received, projects.of(project('b')).received]).toEqual([1, 0])
})

test('whatever comes and goes: who has a session is kept with all counts, and no more than some without', () => {
  const step = fc.record({ opens: fc.boolean(), name: fc.constantFrom('a', 'b', 'c', 'd', 'e', 'f') })
  fc.assert(
    fc.property(fc.array(step, { maxLength: 80 }), fc.integer({ min: 1, max: 3 }), (steps, maxIdle) => {
      const projects = new Projects(maxIdle)
      const open: ProjectCounts[] = []
      for (const { opens, name } of steps) {
        if (opens) {
          const counts = projects.of(project(name))
          projects.opened(counts)
          open.push(counts)
        } else {
          const at = open.findIndex(({ projectId }) => projectId === name)
          for (const counts of open.splice(at, at === -1 ? 0 : 1)) projects.closed(counts)
        }
        const connections = new Map<string, number>()
        for (const { projectId } of open) connections.set(projectId, (connections.get(projectId) ?? 0) + 1)
        const listed = [...projects.counters()]
        const busy = listed.filter((one) => one.connections > 0)
        expect(new Map(busy.map((one) => [one.projectId, one.connections]))).toEqual(connections)
        expect(listed.length - busy.length).toBeLessThanOrEqual(maxIdle)
      }
    }),
  )
})

test('a time falls into the one bucket whose bound it does not exceed', () => {
  const counts = new ProjectCounts('acme', 'one')
  for (const ms of [0, 1, 1.01, 5, 5000, 5000.1, 1e9]) counts.stored(ms)
  const { latency } = counts.read()
  expect(latency.count).toBe(7)
  expect(latency.sumMs).toBeCloseTo(1_000_010_007.11, 1)
  const at = (bound: number): number | undefined => latency.buckets[LATENCY_BUCKETS_MS.indexOf(bound)]
  expect([at(1), at(2), at(5), at(5000), latency.buckets.at(-1)]).toEqual([2, 1, 1, 1, 2])
  expect(latency.buckets).toHaveLength(LATENCY_BUCKETS_MS.length + 1)
})

test('the buckets hold every frame once', () => {
  fc.assert(
    fc.property(fc.array(fc.double({ min: 0, max: 20_000, noNaN: true })), (times) => {
      const counts = new ProjectCounts('acme', 'one')
      for (const ms of times) counts.stored(ms)
      const { count, buckets } = counts.read().latency
      expect([count, buckets.reduce((sum, n) => sum + n, 0)]).toEqual([times.length, times.length])
      for (const [i, bound] of LATENCY_BUCKETS_MS.entries()) {
        const below = buckets.slice(0, i + 1).reduce((sum, n) => sum + n, 0)
        expect(below).toBe(times.filter((ms) => ms <= bound).length)
      }
    }),
  )
})

test('what was read does not change any more', () => {
  const counts = new ProjectCounts('acme', 'one')
  const before = counts.read()
  counts.stored(1)
  counts.received += 1
  expect([before.received, before.latency.count, before.latency.buckets[0]]).toEqual([0, 0, 0])
})
