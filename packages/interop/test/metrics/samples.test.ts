import { expect, test } from 'vitest'
import { Samples } from '../../src/metrics/samples.ts'
import { define, publish, startMetrics } from './support.ts'

test('the latest numbers, also those within objects, under names a scraper can read', async () => {
  await using system = await startMetrics({})
  const peer = system.member()
  define(peer, '/App/sub/State', '/App/n', 'text', 'ünïcode', '7days')
  publish(peer, '/App/sub/State', { Description: 'half', Value: 50, deep: { 'a b': 1.5, flag: true } })
  publish(peer, '/App/n', 1)
  publish(peer, '/App/n', 2)
  publish(peer, 'text', '12')
  publish(peer, 'ünïcode', -1)
  publish(peer, '7days', 7)
  const labels = { system: 'Sys', service: 'Svc', application: 'App' }
  expect(system.metrics.samples()).toEqual([
    { name: 'interop_metric_App_sub_State_Value', value: 50, labels },
    { name: 'interop_metric_App_sub_State_deep_a_b', value: 1.5, labels },
    { name: 'interop_metric_App_n', value: 2, labels },
    { name: 'interop_metric_n_code', value: -1, labels },
    { name: 'interop_metric_7days', value: 7, labels },
  ])
  for (const { name } of system.metrics.samples()) expect(name).toMatch(/^[a-zA-Z_][a-zA-Z0-9_]*$/)
})

test('a series is there once, has the value published last, and goes with its repository', async () => {
  await using system = await startMetrics({})
  const [one, other] = [system.member(), system.member()]
  const elsewhere = system.member({ application: 'Elsewhere' })
  for (const peer of [one, other, elsewhere]) define(peer, 'n')
  publish(one, 'n', 1)
  publish(other, 'n', 2)
  publish(elsewhere, 'n', 3)
  const values = (): number[] => system.metrics.samples().map(({ value }) => value)
  expect(values()).toEqual([2, 3])
  one.drop()
  expect(values()).toEqual([2, 3])
  other.leave('metrics')
  expect(values()).toEqual([3])
  elsewhere.drop()
  expect(system.metrics.stats()).toMatchObject({ series: 0, repositories: 0 })
})

test('one series too many is dropped and counted; those that are there go on', async () => {
  await using system = await startMetrics({ maxSeries: 2 })
  const peer = system.member()
  define(peer, 'a', 'b', 'c')
  for (const name of ['a', 'b', 'c', 'c', 'a']) publish(peer, name, 1)
  publish(peer, 'a', 9)
  expect(system.metrics.samples().map(({ name, value }) => [name, value])).toEqual([
    ['interop_metric_a', 9],
    ['interop_metric_b', 1],
  ])
  expect(system.metrics.stats()).toMatchObject({ series: 2, seriesDropped: 2 })
})

test('names and labels are bounded, and a name is never one of ours', () => {
  const samples = new Samples(10)
  const identity = { system: 's'.repeat(1000), service: '"}\n', instance: '' }
  samples.record({}, identity, 'x'.repeat(100_000), 1)
  samples.record({}, identity, '', 2)
  samples.record({}, identity, '///', 3)
  samples.record({}, identity, 'nan', NaN)
  samples.record({}, identity, 'list', [1, 2])
  const all = samples.all()
  expect(all.map(({ name }) => name.length)).toEqual([512, 14])
  expect(all.every(({ name }) => name.startsWith('interop_metric'))).toBe(true)
  expect(all[0]?.labels).toEqual({ system: 's'.repeat(256), service: '"}\n' })
})
