import { readFileSync } from 'node:fs'
import { expect, test } from 'vitest'
import * as fastifyApi from '../src/fastify/index.ts'
import * as api from '../src/index.ts'
import { controlPlaneSettings } from '../src/authorizer/control-plane-settings.ts'
import { gatewaySettings } from '../src/options.ts'
import { SCOPE } from './support/start-gateway.ts'

const read = (path: string): string => readFileSync(new URL(`../${path}`, import.meta.url), 'utf8')
const readme = read('README.md')
const packageJson = JSON.parse(read('package.json')) as { exports: Record<string, object> }

test('the package exports these names and no others', () => {
  expect(Object.keys(api).toSorted()).toEqual([
    'GATEWAY_ERRORS',
    'GatewayError',
    'LATENCY_BUCKETS_MS',
    'PROTOCOL_PLAIN',
    'PROTOCOL_V1',
    'compileOrigins',
    'controlPlaneAuthorizer',
    'createGateway',
    'createOwnWorkspaces',
  ])
  expect(Object.keys(fastifyApi)).toEqual(['wsGateway'])
})

test('the package has these entries, each with the source condition first', () => {
  expect(Object.keys(packageJson.exports)).toEqual(['.', './fastify', './package.json'])
  for (const entry of ['.', './fastify']) {
    expect(Object.keys(packageJson.exports[entry]!)).toEqual(['@portcullis/source', 'types', 'default'])
  }
})

test('the sub-protocols have these names', () => {
  expect([api.PROTOCOL_V1, api.PROTOCOL_PLAIN]).toEqual(['portcullis.v1', 'portcullis.plain'])
})

test('the latency buckets have these bounds', () => {
  expect(api.LATENCY_BUCKETS_MS).toEqual([
    1, 2, 3, 5, 7.5, 10, 15, 25, 50, 75, 100, 250, 500, 1000, 2500, 5000,
  ])
  expect(Object.isFrozen(api.LATENCY_BUCKETS_MS)).toBe(true)
})

test('every code keeps its status, close code and meaning', () => {
  expect(api.GATEWAY_ERRORS).toEqual({
    request_invalid: { statusCode: 400, retryable: false },
    unauthorized: { statusCode: 401, retryable: false },
    forbidden: { statusCode: 403, retryable: false },
    origin_forbidden: { statusCode: 403, retryable: false },
    not_found: { statusCode: 404, retryable: false },
    host_unknown: { statusCode: 404, retryable: false },
    connect_rate_limited: { statusCode: 429, retryable: true },
    address_connections_exceeded: { statusCode: 429, retryable: true },
    user_connections_exceeded: { statusCode: 429, retryable: true },
    project_connections_exceeded: { statusCode: 429, retryable: true },
    internal_error: { statusCode: 500, closeCode: 1011, retryable: true },
    capacity_exceeded: { statusCode: 503, retryable: true },
    control_plane_unavailable: { statusCode: 503, retryable: true },
    draining: { statusCode: 503, closeCode: 1012, retryable: true },
    token_expired: { statusCode: 401, closeCode: 4401, retryable: false },
    token_revoked: { statusCode: 401, closeCode: 4401, retryable: false },
    grant_withdrawn: { statusCode: 503, closeCode: 4401, retryable: true },
    reauth_failed: { retryable: false },
    reauth_unavailable: { retryable: true },
    reauth_limited: { retryable: true },
    reauth_mismatch: { closeCode: 4403, retryable: false },
    frame_binary: { closeCode: 1003, retryable: false },
    frame_too_large: { closeCode: 1009, retryable: false },
    frame_not_json: { closeCode: 4400, retryable: false },
    routing_missing: { closeCode: 4402, retryable: false },
    invalid_subject: { closeCode: 4405, retryable: false },
    invalid_id: { closeCode: 4406, retryable: false },
    unsupported_control: { closeCode: 4407, retryable: false },
    broker_unavailable: { statusCode: 503, closeCode: 4503, retryable: true },
    broker_timeout: { closeCode: 4504, retryable: true },
    stream_full: { closeCode: 4505, retryable: true },
    backlog_full: { closeCode: 4506, retryable: true },
    broker_refused: { closeCode: 4510, retryable: false },
    rate_limited: { closeCode: 4529, retryable: true },
    session_closed: { closeCode: 4403, retryable: false },
    slow_consumer: { closeCode: 4508, retryable: true },
  })
})

interface Row {
  statusCode?: number
  closeCode?: number
  retryable: boolean
}

test('the errors table of the README is the table of the code', () => {
  const rows = [...readme.matchAll(/^\| `([a-z_]+)` +\| (\d*) *\| (\d*) *\| (yes|no) +\|/gm)]
  const documented = rows.map(([, code, status, close, retryable]): [string | undefined, Row] => [
    code,
    {
      ...(status === '' ? {} : { statusCode: Number(status) }),
      ...(close === '' ? {} : { closeCode: Number(close) }),
      retryable: retryable === 'yes',
    },
  ])
  expect(Object.fromEntries(documented)).toEqual(api.GATEWAY_ERRORS)
  expect(documented).toHaveLength(Object.keys(api.GATEWAY_ERRORS).length)
})

test('the close codes of docs/protocol.md are those of the code', () => {
  const rows = [...read('../../docs/protocol.md').matchAll(/^\| (\d{4}) +\| `([a-z_]+)` +\|/gm)]
  const closing = Object.entries(api.GATEWAY_ERRORS as Record<string, Row>).filter(
    ([, { closeCode }]) => closeCode !== undefined,
  )
  expect(rows.map(([, close, code]) => `${close} ${code}`).toSorted()).toEqual(
    closing.map(([code, { closeCode }]) => `${closeCode} ${code}`).toSorted(),
  )
})

test('close codes tell apart what is final and what is not, and none means two things', () => {
  const codes = Object.values(api.GATEWAY_ERRORS as Record<string, Row>).flatMap(
    ({ closeCode }) => closeCode ?? [],
  )
  // Save that a token is over, or that somebody may not go on, where a client does the same whichever it was; the reason
  // tells them apart.
  const ambiguous = codes.filter((code, index) => codes.indexOf(code) !== index)
  expect(new Set(ambiguous)).toEqual(new Set([4401, 4403]))
  for (const [code, { closeCode, retryable }] of Object.entries(api.GATEWAY_ERRORS as Record<string, Row>)) {
    // The one exception, for the clients that know it: to others it is the end of their token.
    if (closeCode !== undefined && closeCode >= 4000 && retryable && code !== 'grant_withdrawn')
      expect(closeCode).toBeGreaterThanOrEqual(4500)
  }
})

test('every option stands in the README with its default', () => {
  const settings = gatewaySettings({
    transport: { publishInbound() {} } as never,
    authorize: async () => ({ ...SCOPE, userId: null, claims: {} }),
  })
  const table = readme.slice(readme.indexOf('Options of `createGateway`'))
  for (const [setting, value] of Object.entries(settings)) {
    const name = setting === 'isOriginAllowed' ? 'allowedOrigins' : setting
    const [, , , , documented] = new RegExp(`^\\| \`${name}\` .*\\|$`, 'm').exec(table)?.[0].split('|') ?? []
    const expected = typeof value === 'number' ? new RegExp(`^${value}\\b`) : /./
    expect([name, documented?.trim()]).toEqual([name, expect.stringMatching(expected)])
  }
})

test('every option of the control plane authorizer stands in the README with its default', () => {
  const start = readme.indexOf('Options of `controlPlaneAuthorizer`')
  const table = readme.slice(start, readme.indexOf('\nOptions of', start))
  const rows = [...table.matchAll(/^\| `(\w+)` +\|.*\| +([^|]+?) +\|$/gm)]
  const settings = controlPlaneSettings({ url: 'http://a', internalToken: 't' })
  const expected = Object.entries(settings).map(([name, value]) => [
    name,
    typeof value === 'number' ? String(value) : name === 'mode' ? 'all' : 'required',
  ])
  expect(rows.map(([, name, value]) => [name, value])).toEqual(expected)
})

test('the root entry loads no framework', () => {
  const packages = new Set<string>()
  const seen = new Set<string>()
  const walk = (file: URL): void => {
    if (seen.has(file.href)) return
    seen.add(file.href)
    for (const [statement, name = ''] of readFileSync(file, 'utf8').matchAll(
      /^(?:import|export)[^']*?from '([^']+)'/gm,
    )) {
      if (/^(?:import|export) type/.test(statement)) continue
      if (name.startsWith('.')) walk(new URL(name, file))
      else packages.add(name)
    }
  }
  walk(new URL('../src/index.ts', import.meta.url))
  expect([...packages].toSorted()).toEqual([
    '@portcullis/auth-core',
    '@portcullis/transport',
    'node:crypto',
    'node:http',
    'undici',
    'ws',
  ])
})

test('an error is recognised over copies of the package, and hides what is not for the peer', () => {
  const copy = Object.assign(new Error('m'), { [Symbol.for('@portcullis/ws-gateway/error')]: true })
  expect(api.GatewayError.is(copy)).toBe(true)
  expect(api.GatewayError.is(new api.GatewayError('forbidden', 'm'))).toBe(true)
  for (const other of [new Error('m'), null, undefined, 'forbidden', {}])
    expect(api.GatewayError.is(other)).toBe(false)
  const error = new api.GatewayError('draining', 'm', {
    cause: new Error('inner'),
    retryAfterSeconds: 7,
    peerCode: 'X',
  })
  expect(error).toMatchObject({
    name: 'GatewayError',
    code: 'draining',
    statusCode: 503,
    retryAfterSeconds: 7,
    peerCode: 'X',
  })
  expect(new api.GatewayError('frame_binary', 'm')).toMatchObject({
    statusCode: 500,
    peerCode: 'frame_binary',
    retryAfterSeconds: undefined,
  })
})
