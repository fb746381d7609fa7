import { describe, expect, test } from 'vitest'
import { compileFilters } from '../../src/metrics/filters.ts'

const APP = { application: 'App', user: 'john' }
const OTHER = { application: 'Other', user: 'john' }

test.each<[filters: unknown, identity: Record<string, string>, metric: string, allowed: boolean]>([
  [undefined, APP, 'n', true],
  [{}, APP, 'n', true],
  [{ 'non-matched': 'blacklist' }, APP, 'n', false],
  [{ non_matched: 'blacklist' }, APP, 'n', false],
  [{ non_matched: 'whitelist' }, APP, 'n', true],
  // An entry without a publisher is about every repository.
  [{ publishers: [{ metrics: { whitelist: ['n'] } }] }, APP, 'n', true],
  [{ publishers: [{ metrics: { whitelist: ['n'] } }] }, APP, 'm', false],
  [{ publishers: [{ metrics: { blacklist: ['n'] } }] }, APP, 'n', false],
  [{ publishers: [{ metrics: { blacklist: ['n'] } }] }, APP, 'm', false],
  [{ publishers: [{ metrics: { blacklist: ['n'], whitelist: ['#.*'] } }] }, APP, 'm', true],
  [{ publishers: [{ metrics: { blacklist: ['n'], whitelist: ['#.*'] } }] }, APP, 'n', false],
  [{ publishers: [{}] }, APP, 'n', false],
  // About others.
  [{ publishers: [{ publisher: { application: 'App' }, metrics: { blacklist: ['n'] } }] }, OTHER, 'n', true],
  [{ publishers: [{ publisher: { application: 'App' } }], 'non-matched': 'blacklist' }, OTHER, 'n', false],
  [
    { publishers: [{ publisher: { application: /A.*/, user: 'john' }, metrics: { whitelist: [/n+/] } }] },
    APP,
    'nn',
    true,
  ],
  [
    { publishers: [{ publisher: { application: /A.*/, user: 'ann' }, metrics: { blacklist: [/n+/] } }] },
    APP,
    'nn',
    true,
  ],
  [{ publishers: [{ publisher: { missing: /.*/ }, metrics: { blacklist: [/.*/] } }] }, APP, 'n', true],
  // A blacklist wins, wherever it stands.
  [{ publishers: [{ metrics: { whitelist: ['n'] } }, { metrics: { blacklist: ['n'] } }] }, APP, 'n', false],
  [{ publishers: [{ metrics: { blacklist: ['n'] } }, { metrics: { whitelist: ['n'] } }] }, APP, 'n', false],
  [{ publishers: [{ metrics: { blacklist: ['x'] } }, { metrics: { whitelist: ['n'] } }] }, APP, 'n', true],
  // Whole values.
  [{ publishers: [{ metrics: { whitelist: [/n/] } }] }, APP, 'nn', false],
  [{ publishers: [{ metrics: { whitelist: [/n|m/] } }] }, APP, 'mm', false],
  // Names begin with a slash; they are names all the same.
  [{ publishers: [{ metrics: { whitelist: ['/App/sub/State'] } }] }, APP, '/App/sub/State', true],
  [{ publishers: [{ metrics: { whitelist: ['/App/sub/s'] } }] }, APP, '/App/sub/s', true],
  [{ publishers: [{ metrics: { whitelist: ['/App/sub/s'] } }] }, APP, 'App/sub', false],
  [{ publishers: [{ metrics: { whitelist: ['/App.x/y'] } }] }, APP, '/App-x/y', false],
  [{ publishers: [{ metrics: { whitelist: ['#/App/.*'] } }] }, APP, '/App/sub/State', true],
  [{ publishers: [{ metrics: { whitelist: ['/\\/app\\/.*/i'] } }] }, APP, '/App/sub/State', true],
  [{ publishers: [{ metrics: { whitelist: [/\/App\/.*/] } }] }, APP, '/App/sub/State', true],
])('%j allows %j %s: %s', (filters, identity, metric, allowed) => {
  expect(compileFilters(filters, 'f')(identity, metric)).toBe(allowed)
})

describe('filters that are not valid', () => {
  test.each<[unknown, string]>([
    [null, 'f'],
    ['x', 'f'],
    [{ publishers: {} }, 'f.publishers'],
    [{ publishers: [7] }, 'f.publishers[0]'],
    [{ publishers: [{}, { publisher: 'App' }] }, 'f.publishers[1].publisher'],
    [{ publishers: [{ publisher: { application: 7 } }] }, 'f.publishers[0].publisher'],
    [{ publishers: [{ publisher: { application: '/(/' } }] }, 'f.publishers[0].publisher'],
    [{ publishers: [{ metrics: [] }] }, 'f.publishers[0].metrics'],
    [{ publishers: [{ metrics: { whitelist: 'n' } }] }, 'f.publishers[0].metrics.whitelist'],
    [{ publishers: [{ metrics: { whitelist: ['n', 7] } }] }, 'f.publishers[0].metrics.whitelist[1]'],
    [{ publishers: [{ metrics: { blacklist: ['#('] } }] }, 'f.publishers[0].metrics.blacklist[0]'],
    [{ publishers: [{ metrics: { blacklist: [/(?=a)/] } }] }, 'f.publishers[0].metrics.blacklist[0]'],
    [{ 'non-matched': 'allow' }, 'f.non-matched'],
  ])('%j', (filters, path) => {
    expect(() => compileFilters(filters, 'f')).toThrow(TypeError)
    expect(() => compileFilters(filters, 'f')).toThrow(`"${path}" `)
  })
})
