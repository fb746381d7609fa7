import { createGateway } from '@portcullis/interop'
import { Registry } from 'prom-client'
import { expect, test } from 'vitest'
import { clientMetrics, registerInteropMetrics } from '../../src/interop/interop-metrics.ts'

test('every number of the gateway is there, and is up to date', async () => {
  await using gateway = createGateway()
  const registry = new Registry()
  const update = registerInteropMetrics(registry, gateway)
  gateway.client(() => undefined)
  update()
  update()
  const text = await registry.metrics()
  expect(text).toMatch(/^portcullis_interop_connections 1$/m)
  expect(text.match(/^# TYPE portcullis_interop_/gm)).toHaveLength(Object.keys(gateway.stats()).length)
})

test('what clients publish stands below one headline for each name', async () => {
  const name = 'interop_metric_App_orders'
  const text = await clientMetrics([
    { name, value: 1, labels: { system: 'a', service: 'b', application: 'c' } },
    { name: 'interop_metric_App_other', value: -2.5, labels: { system: '', service: '' } },
    { name, value: 3, labels: { system: 'a', service: 'b', application: 'd' } },
  ])
  expect(text.split('\n').filter((line) => line.startsWith('# TYPE'))).toEqual([
    `# TYPE ${name} gauge`,
    '# TYPE interop_metric_App_other gauge',
  ])
  expect(text).toContain(`${name}{system="a",service="b",application="c"} 1\n${name}{`)
  expect(text).toContain('interop_metric_App_other{system="",service=""} -2.5')
  expect(await clientMetrics([])).toBe('')
})

test('labels that clients chose break out of nothing', async () => {
  const hostile = 'x"} 1\nportcullis_sessions 99\n\\'
  const text = await clientMetrics([
    { name: 'interop_metric_a', value: 1, labels: { system: hostile, service: '', application: hostile } },
  ])
  expect(text).not.toMatch(/^portcullis_sessions/m)
  expect(text).toContain('system="x\\"} 1\\nportcullis_sessions 99\\n\\\\"')
})
