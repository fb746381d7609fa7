import { once } from 'node:events'
import { createServer, type Server } from 'node:https'
import type { RequestListener } from 'node:http'
import type { AddressInfo } from 'node:net'
import { expect, test } from 'vitest'
import {
  createPublicFetch,
  EgressRefused,
  egressSeam,
  type EgressFetch,
  type EgressSeam,
} from '../../src/egress/index.ts'
import { certificate, certificateKey } from './certificate.ts'

interface Tenant extends AsyncDisposable {
  readonly port: number
  connections: number
  readonly server: Server
}

async function startTenant(answer: RequestListener): Promise<Tenant> {
  const server = createServer({ cert: certificate, key: certificateKey }, answer)
  server.listen(0, '127.0.0.1')
  await once(server, 'listening')
  const tenant: Tenant = {
    port: (server.address() as AddressInfo).port,
    connections: 0,
    server,
    async [Symbol.asyncDispose]() {
      server.closeAllConnections()
      server.close()
      await once(server, 'close')
    },
  }
  server.on('connection', () => {
    tenant.connections += 1
  })
  return tenant
}

/** Loopback stands for a public address, and `lookup` for the name server. */
function fetchTo({ port }: { port: number }, seam: EgressSeam = {}): EgressFetch {
  return createPublicFetch({
    ports: [port],
    [egressSeam]: {
      ca: certificate,
      lookup: async () => [{ address: '127.0.0.1', family: 4 }],
      isPublicAddress: (address) => address === '127.0.0.1',
      ...seam,
    },
  })
}

function get(fetch: EgressFetch, url: string, signal = AbortSignal.timeout(20_000)): Promise<Response> {
  return fetch(url, {
    method: 'GET',
    headers: new Headers({ accept: 'application/json' }),
    redirect: 'manual',
    signal,
  })
}

test('a name with a public address is downloaded from, with its certificate checked under that name', async () => {
  await using tenant = await startTenant((request, response) => {
    response.setHeader('content-type', 'application/json')
    response.end(JSON.stringify({ accept: request.headers.accept, host: request.headers.host }))
  })
  const response = await get(fetchTo(tenant), `https://keys.example:${tenant.port}/jwks`)
  expect(response.status).toBe(200)
  expect(response.headers.get('content-type')).toBe('application/json')
  expect(await response.json()).toEqual({ accept: 'application/json', host: `keys.example:${tenant.port}` })
  await expect(get(fetchTo(tenant), `https://other.example:${tenant.port}/`)).rejects.toThrow(/altnames/)
})

test('a name that resolves to a private address the second time gets no second connection', async () => {
  await using tenant = await startTenant((_request, response) => response.end('{}'))
  const answers = ['127.0.0.1', '10.0.0.1']
  let lookups = 0
  const fetch = fetchTo(tenant, {
    async lookup() {
      const address = answers[lookups] as string
      lookups += 1
      return [{ address, family: 4 }]
    },
  })
  expect((await get(fetch, `https://keys.example:${tenant.port}/`)).status).toBe(200)
  expect(lookups).toBe(1)
  await expect(get(fetch, `https://keys.example:${tenant.port}/`)).rejects.toBeInstanceOf(EgressRefused)
  expect(lookups).toBe(2)
  expect(tenant.connections).toBe(1)
})

test('a name with one private address among public ones is refused', async () => {
  await using tenant = await startTenant((_request, response) => response.end('{}'))
  const fetch = fetchTo(tenant, {
    lookup: async () => [
      { address: '127.0.0.1', family: 4 },
      { address: 'fd00::1', family: 6 },
    ],
  })
  await expect(get(fetch, `https://keys.example:${tenant.port}/`)).rejects.toThrow(
    'the address is not public',
  )
  expect(tenant.connections).toBe(0)
})

test('a name without an address, and one whose look-up fails, are failures', async () => {
  const none = createPublicFetch({ [egressSeam]: { lookup: async () => [] } })
  await expect(get(none, 'https://keys.example/')).rejects.toThrow('the name has no address')
  const broken = createPublicFetch({
    [egressSeam]: {
      async lookup() {
        throw new Error('the name server is down')
      },
    },
  })
  await expect(get(broken, 'https://keys.example/')).rejects.toThrow('the name server is down')
})

test.each(['localhost', 'LOCALHOST', 'ｌｏｃａｌｈｏｓｔ', 'loca%6Chost'])(
  'https://%s/ is refused with the real name server',
  async (host) => {
    await expect(get(createPublicFetch(), `https://${host}/`)).rejects.toBeInstanceOf(EgressRefused)
  },
)

test.each([
  'localhost.',
  'app.localhost',
  'metadata.google.internal',
  'xn--n8h.example',
  'a.b.c.127.0.0.1.nip.example',
])('the name %s is refused where a name server says loopback', async (host) => {
  const fetch = createPublicFetch({
    [egressSeam]: { lookup: async () => [{ address: '127.0.0.1', family: 4 }] },
  })
  await expect(get(fetch, `https://${host}/`)).rejects.toBeInstanceOf(EgressRefused)
})

test.each([
  'https://127.0.0.1/',
  'https://2130706433/',
  'https://0x7f000001/',
  'https://0177.0.0.1/',
  'https://127.1/',
  'https://127.0.1/',
  'https://0x7f.1/',
  'https://0x7f.0x0.0x0.0x1/',
  'https://0177.1/',
  'https://017700000001/',
  'https://127.0.0.1./',
  'https://2130706433./',
  'https://%31%32%37.0.0.1/',
  'https://１２７.０.０.１/',
  'https://①②⑦.⓪.⓪.①/',
  'https://127。0。0。1/',
  'https://0/',
  'https://0.0.0.0/',
  'https://10.1/',
  'https://192.168.1/',
  'https://100.64.0.1/',
  'https://3232235777/',
  'https://0xa9fea9fe/',
  'https://0251.0376.0251.0376/',
  'https://2852039166/',
  'https://169.254.169.254/latest/meta-data',
  'https://[::1]/',
  'https://[::]/',
  'https://[0:0:0:0:0:0:0:1]/',
  'https://[::127.0.0.1]/',
  'https://[::7f00:1]/',
  'https://[::ffff:127.0.0.1]/',
  'https://[::ffff:7f00:1]/',
  'https://[::ffff:0:127.0.0.1]/',
  'https://[::ffff:a9fe:a9fe]/',
  'https://[64:ff9b::7f00:1]/',
  'https://[64:ff9b::127.0.0.1]/',
  'https://[64:ff9b:1::7f00:1]/',
  'https://[64:ff9b:1::a9fe:a9fe]/',
  'https://[2001:0:7f00:1::]/',
  'https://[fe80::1]/',
  'https://[2002:7f00:1::]/',
  'https://[fd00:ec2::254]/',
])('the literal address of %s is refused', async (url) => {
  await expect(get(createPublicFetch(), url)).rejects.toThrow('the address is not public')
})

test.each([
  ['http://keys.example/', 'the URL is not https:'],
  ['https://user@keys.example/', 'the URL contains credentials'],
  ['https://keys.example:8443/', 'the port is not allowed'],
  ['https://keys.example:22/', 'the port is not allowed'],
  ['https://keys.example:0/', 'the port is not allowed'],
  ['https://:secret@keys.example/', 'the URL contains credentials'],
  ['https://keys.example@127.0.0.1/', 'the URL contains credentials'],
  ['ftp://keys.example/', 'the URL is not https:'],
  ['file:///etc/passwd', 'the URL is not https:'],
  ['data:application/json,{}', 'the URL is not https:'],
])('%s is refused: %s', async (url, reason) => {
  await expect(get(createPublicFetch(), url)).rejects.toThrow(reason)
})

test.each([
  'https://[::1%25eth0]/',
  'https://[fe80::1%25lo]/',
  'https://256.256.256.256/',
  'https://127.0.0.0.1/',
  '//',
])('%s is no URL', async (url) => {
  await expect(get(createPublicFetch(), url)).rejects.toThrow('Invalid URL')
})

test('a redirect is answered, not followed', async () => {
  await using tenant = await startTenant((_request, response) => {
    response.writeHead(302, { location: 'http://169.254.169.254/' }).end()
  })
  const response = await get(fetchTo(tenant), `https://keys.example:${tenant.port}/`)
  expect(response.status).toBe(302)
  expect(tenant.connections).toBe(1)
})

test('the signal ends a download that hangs, before its answer and in its body', async () => {
  await using tenant = await startTenant((request, response) => {
    if (request.url === '/body') response.write('{')
  })
  const fetch = fetchTo(tenant)
  const silent = new AbortController()
  const asked = once(tenant.server, 'request')
  const answer = get(fetch, `https://keys.example:${tenant.port}/`, silent.signal)
  await asked
  silent.abort()
  await expect(answer).rejects.toThrow('aborted')

  const halfway = new AbortController()
  const response = await get(fetch, `https://keys.example:${tenant.port}/body`, halfway.signal)
  halfway.abort()
  await expect(response.text()).rejects.toThrow('aborted')
})

test('an answer with a status that HTTP does not know is a failure', async () => {
  await using tenant = await startTenant((_request, response) => {
    response.writeHead(999).end('{}')
  })
  await expect(get(fetchTo(tenant), `https://keys.example:${tenant.port}/`)).rejects.toThrow(RangeError)
})

test('an answer without a body is handed on', async () => {
  await using tenant = await startTenant((_request, response) => {
    response.writeHead(204).end()
  })
  const response = await get(fetchTo(tenant), `https://keys.example:${tenant.port}/`)
  expect([response.status, await response.text()]).toEqual([204, ''])
})

test.each([[[0]], [[65_536]], [['443']], [443]])(
  'the option "ports" of %j is a mistake of the caller',
  (ports) => {
    expect(() => createPublicFetch({ ports: ports as number[] })).toThrow(/"ports"/)
  },
)
