import { expect, test } from 'vitest'
import { silentLogger } from '../../src/gateway/logger.ts'
import { type MetricsOptions, metricsSettings } from '../../src/metrics/options.ts'

const settings = (options: unknown): ReturnType<typeof metricsSettings> =>
  metricsSettings(options as MetricsOptions, 1000, silentLogger)

const endpoint = 'http://localhost:8084/api/metrics'
const rest = (more: object): object => ({ publishers: ['rest'], rest: { endpoint, ...more } })
const file = (more: object): object => ({
  publishers: ['file'],
  file: { location: 'metrics.jsonl', ...more },
})
const inline = (more: object): object => ({ publishers: [{ function: () => undefined, ...more }] })

test.each<[unknown, string]>([
  [7, 'metrics'],
  [{ publishers: 'rest' }, 'metrics.publishers'],
  [{ publishers: Array(17).fill('rest') }, 'metrics.publishers'],
  [{ publishers: ['kafka'] }, 'metrics.publishers[0]'],
  [{ publishers: [null] }, 'metrics.publishers[0]'],
  [{ publishers: [{}] }, 'metrics.publishers[0]'],
  [{ publishers: [{ function: 'f' }] }, 'metrics.publishers[0]'],
  [inline({ startup: 7 }), 'metrics.publishers[0]'],
  [inline({ name: 7 }), 'metrics.publishers[0].name'],
  [inline({ heartbeats: '1' }), 'metrics.publishers[0].heartbeats'],
  [inline({ configuration: { split_size: 0 } }), 'metrics.publishers[0].split_size'],
  [{ publishers: ['rest', 'rest'], rest: { endpoint } }, 'metrics.publishers[1]'],
  [{ publishers: ['rest'] }, 'metrics.rest'],
  [{ publishers: ['rest'], rest: {} }, 'metrics.rest.endpoint'],
  [rest({ endpoint: 'localhost' }), 'metrics.rest.endpoint'],
  [rest({ endpoint: 'ftp://localhost/' }), 'metrics.rest.endpoint'],
  [rest({ endpoint: 7 }), 'metrics.rest.endpoint'],
  [rest({ endpoint: 'http://u:secret@localhost/' }), 'metrics.rest.endpoint'],
  [rest({ timeout: 0 }), 'metrics.rest.timeout'],
  [rest({ timeout: 2 ** 31 }), 'metrics.rest.timeout'],
  [rest({ heartbeats: -1 }), 'metrics.rest.heartbeats'],
  [rest({ buffer_size: 0 }), 'metrics.rest.buffer_size'],
  [rest({ split_size: 1.5 }), 'metrics.rest.split_size'],
  [rest({ conflation: true }), 'metrics.rest.conflation'],
  [rest({ conflation: { max_size: 0 } }), 'metrics.rest.conflation.max_size'],
  [rest({ filters: 7 }), 'metrics.rest.filters'],
  [rest({ fetch: 'fetch' }), 'metrics.rest.fetch'],
  [rest({ headers: { 'b d': 'secret' } }), 'metrics.rest.headers'],
  [rest({ headers: 7 }), 'metrics.rest.headers'],
  [rest({ authentication: true }), 'metrics.rest.authentication'],
  [rest({ authentication: { user: 'u' } }), 'metrics.rest.authentication.password'],
  [rest({ authentication: { password: 'secret' } }), 'metrics.rest.authentication.user'],
  [rest({ authentication: { user: 'a:secret', password: 'p' } }), 'metrics.rest.authentication.user'],
  [rest({ authentication: { path: 'http://other/login' } }), 'metrics.rest.authentication.path'],
  [rest({ authentication: { path: 7 } }), 'metrics.rest.authentication.path'],
  [
    rest({ authentication: { user: 'u', password: 'secret' }, headers: { Authorization: 'secret' } }),
    'metrics.rest.authentication',
  ],
  [{ publishers: ['file'] }, 'metrics.file'],
  [file({ location: '' }), 'metrics.file.location'],
  [file({ location: 7 }), 'metrics.file.location'],
  [file({ append: 'yes' }), 'metrics.file.append'],
  [file({ status: 1 }), 'metrics.file.status'],
  [{ publishers: ['custom'] }, 'metrics.custom'],
  [{ publishers: ['custom'], custom: {} }, 'metrics.custom.publisher.file'],
  [{ publishers: ['custom'], custom: { publisher: { file: 7 } } }, 'metrics.custom.publisher.file'],
  [{ maxSeries: -1 }, 'metrics.maxSeries'],
  [{ ...rest({}), filters: { publishers: 1 } }, 'metrics.filters.publishers'],
])('%j is a mistake in "%s"', (options, path) => {
  expect(() => settings(options)).toThrow(TypeError)
  expect(() => settings(options)).toThrow(`"${path}" `)
  expect(() => settings(options)).not.toThrow('secret')
})

test('the defaults', () => {
  const [rester, filer, custom] = settings({
    publishers: ['rest', 'file', 'custom'],
    rest: { endpoint: new URL(endpoint), authentication: false },
    file: { location: 'x' },
    custom: { publisher: { file: 'x' } },
  }).publishers
  const common = {
    heartbeatMs: 1000,
    timeoutMs: 10_000,
    maxEntries: 10_000,
    maxSize: 1000,
    splitSize: 1,
    conflation: undefined,
  }
  expect(rester?.settings).toMatchObject({ name: 'rest', maxRetries: 5, ...common })
  expect(filer?.settings).toMatchObject({ name: 'file', maxRetries: 5, ...common })
  expect(custom?.settings).toMatchObject({ name: 'custom', maxRetries: 0, ...common })
  expect(settings({})).toEqual({ publishers: [], maxSeries: 10_000 })
})

test('settings of an inline publisher may stand in its configuration', () => {
  const [one] = settings(
    inline({
      name: 'one',
      split_size: 3,
      configuration: { heartbeats: 50, split_size: 2, buffer_size: 7, conflation: {} },
    }),
  ).publishers
  expect(one?.settings).toMatchObject({
    name: 'one',
    heartbeatMs: 50,
    splitSize: 3,
    maxEntries: 7,
    conflation: { maxEntries: 7 },
  })
})
