import { expect, test } from 'vitest'
import { compileRules, type Identity, type Visibility } from '../../src/index.ts'

/** The example of the documentation of `@interopio/gateway`, its lists in one object and its patterns as they are. */
const policy = compileRules({
  contexts: [
    { context: /'___channel___.+'/, restrictions: 'cluster' },
    { context: /T42\..+/, restrictions: 'local', identity: { application: 'io.Connect Desktop' } },
    { context: /.+/, restrictions: 'cluster' },
  ],
  methods: [
    { method: /.+/, restrictions: 'cluster', identity: { application: 'Outlook' } },
    { method: /T42\..+/, restrictions: 'local' },
    { method: /.+/, restrictions: 'cluster' },
  ],
  peers: [
    { domain: 'interop', restrictions: 'local' },
    { domain: 'interop', restrictions: 'cluster' },
    { domain: 'bus', restrictions: 'local' },
  ],
})

const desktop = { application: 'io.Connect Desktop' }
const outlook = { application: 'Outlook', user: 'ann' }

test.each<[name: string, identity: Identity | undefined, verdict: Visibility, rule: number | undefined]>([
  // The quotes are part of the first pattern.
  ["'___channel___Red'", undefined, 'cluster', 0],
  ["'___channel___Red'", desktop, 'cluster', 0],
  ["'___channel___'", desktop, 'cluster', 2],
  ['___channel___Red', undefined, 'cluster', 2],
  ["x'___channel___Red'", undefined, 'cluster', 2],
  ["'___channel___Red'x", undefined, 'cluster', 2],
  ['T42.Workspace', desktop, 'local', 1],
  ['T42.a.b.c', desktop, 'local', 1],
  ['T42.x', { ...desktop, user: 'ann' }, 'local', 1],
  ['T42.é😀', desktop, 'local', 1],
  ['T42. ', desktop, 'local', 1],
  ['T42.Workspace', undefined, 'cluster', 2],
  ['T42.Workspace', {}, 'cluster', 2],
  ['T42.Workspace', outlook, 'cluster', 2],
  ['T42.Workspace', { application: 'io.connect desktop' }, 'cluster', 2],
  ['T42.Workspace', { application: 'io.Connect Desktop ' }, 'cluster', 2],
  ['T42.Workspace', { Application: 'io.Connect Desktop' }, 'cluster', 2],
  ['T42.Workspace', { application: ['io.Connect Desktop'] }, 'cluster', 2],
  ['T42.Workspace', Object.create(desktop) as Identity, 'cluster', 2],
  ['T42.', desktop, 'cluster', 2],
  ['T42', desktop, 'cluster', 2],
  ['T42x', desktop, 'cluster', 2],
  ['xT42.a', desktop, 'cluster', 2],
  ['t42.a', desktop, 'cluster', 2],
  ['anything', undefined, 'cluster', 2],
  ['.', undefined, 'cluster', 2],
  ['', undefined, 'local', undefined],
  ['', desktop, 'local', undefined],
  ['T42.a\nb', desktop, 'local', undefined],
  ['line\nbreak', undefined, 'local', undefined],
  ['constructor', undefined, 'cluster', 2],
  ['__proto__', undefined, 'cluster', 2],
])('context %j of %j is %s', (name, identity, verdict, rule) => {
  const subject = { kind: 'context', name, identity } as const
  expect(policy.decide(subject)).toBe(verdict)
  expect(policy.explain(subject).rule?.index).toBe(rule)
})

test.each<[name: string, identity: Identity | undefined, verdict: Visibility, rule: number | undefined]>([
  ['T42.Notify', outlook, 'cluster', 0],
  ['T42.Notify', { application: 'Outlook' }, 'cluster', 0],
  ['Send', outlook, 'cluster', 0],
  ['x', outlook, 'cluster', 0],
  ['T42.', outlook, 'cluster', 0],
  ['T42.Notify', undefined, 'local', 1],
  ['T42.Notify', {}, 'local', 1],
  ['T42.Notify', desktop, 'local', 1],
  ['T42.Notify', { application: 'outlook' }, 'local', 1],
  ['T42.Notify', { application: 'Outlook 2' }, 'local', 1],
  ['T42.Notify', { application: 'My Outlook' }, 'local', 1],
  ['T42.Notify', { application: null }, 'local', 1],
  ['T42.Notify', { application: { toString: () => 'Outlook' } }, 'local', 1],
  ['T42.Notify', Object.create(outlook) as Identity, 'local', 1],
  ['T42..', undefined, 'local', 1],
  ['T42.a.b', undefined, 'local', 1],
  ['T42.\u0000', undefined, 'local', 1],
  ['T42.', undefined, 'cluster', 2],
  ['T42', undefined, 'cluster', 2],
  ['T42xNotify', undefined, 'cluster', 2],
  ['AT42.Notify', undefined, 'cluster', 2],
  ['t42.notify', undefined, 'cluster', 2],
  ['Send', undefined, 'cluster', 2],
  ['Send', desktop, 'cluster', 2],
  ['toString', undefined, 'cluster', 2],
  [' ', undefined, 'cluster', 2],
  ['', outlook, 'local', undefined],
  ['\n', outlook, 'local', undefined],
  ['T42.a\u2028', undefined, 'local', undefined],
])('method %j of %j is %s', (name, identity, verdict, rule) => {
  const subject = { kind: 'method', name, identity } as const
  expect(policy.decide(subject)).toBe(verdict)
  expect(policy.explain(subject).rule?.index).toBe(rule)
})

test.each<
  [
    domain: 'interop' | 'agm' | 'bus' | 'context',
    identity: Identity | undefined,
    verdict: Visibility,
    rule: number | undefined,
  ]
>([
  ['interop', undefined, 'local', 0],
  ['interop', outlook, 'local', 0],
  ['agm', undefined, 'local', 0],
  ['agm', desktop, 'local', 0],
  ['bus', undefined, 'local', 2],
  ['bus', outlook, 'local', 2],
  ['context', undefined, 'local', undefined],
  ['context', outlook, 'local', undefined],
])('peers in %s of %j are %s', (domain, identity, verdict, rule) => {
  const subject = { kind: 'peer', domain, identity } as const
  expect(policy.decide(subject)).toBe(verdict)
  expect(policy.explain(subject).rule?.index).toBe(rule)
})

test('of the two rules for one domain the second never decides', () => {
  expect(policy.explain({ kind: 'peer', domain: 'interop' })).toMatchObject({
    rule: { path: 'peers[0]' },
    next: { path: 'peers[1]', rule: { restrictions: 'cluster' } },
  })
})
