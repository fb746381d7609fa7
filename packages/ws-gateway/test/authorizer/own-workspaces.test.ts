import { afterEach, expect, test, vi } from 'vitest'
import type { Grant, UpgradeRequest } from '../../src/authorizer/authorizer.ts'
import { createOwnWorkspaces, type OwnWorkspaces } from '../../src/authorizer/own-workspaces.ts'
import { GatewayError } from '../../src/errors.ts'

const OWN: Grant = {
  workspaceId: 'namespace',
  projectId: 'default',
  userId: 'machine-1',
  claims: { sub: 'machine-1' },
  expiresAtMs: 2_000_000_000_000,
  isRevoked: () => false,
}
const PROJECT: Grant = {
  workspaceId: 'acme',
  projectId: 'agents',
  userId: 'machine-1',
  claims: { sub: 'machine-1' },
  expiresAtMs: 1_900_000_000_000,
  limits: { messagesPerSecond: 5 },
}

interface World extends OwnWorkspaces {
  /** Hosts at which a project takes machine clients. */
  readonly taken: Set<string>
  /** Whether the control plane answers. */
  isUp: boolean
  readonly asked: string[]
  readonly withdrawn: ReturnType<typeof vi.fn<() => void>>
  readonly open: string[]
}

const worlds: World[] = []
afterEach(() => {
  for (const made of worlds.splice(0)) made.close()
})

function world({ mayBeAlone = false } = {}): World {
  const taken = new Set<string>()
  const asked: string[] = []
  const open: string[] = []
  const withdrawn = vi.fn<() => void>()
  const made: World = {
    taken,
    asked,
    open,
    withdrawn,
    isUp: true,
    ...createOwnWorkspaces({
      async askProject({ host, token }) {
        asked.push(host)
        await Promise.resolve()
        if (!made.isUp) throw new GatewayError('control_plane_unavailable', 'away')
        if (!taken.has(host.replace(/:\d+$/, '').toLowerCase())) {
          throw new GatewayError('host_unknown', 'nobody')
        }
        if (token === null) throw new GatewayError('unauthorized', 'a token is required')
        if (token === 'of a stranger') throw new GatewayError('unauthorized', 'not yours')
        if (token === 'blocked') throw new GatewayError('forbidden', 'blocked')
        return PROJECT
      },
      hosts: () => open,
      onWithdrawn: withdrawn,
      mayBeAlone,
    }),
  }
  worlds.push(made)
  return made
}

const request = (host: string, token = 'good'): UpgradeRequest => ({
  host,
  token,
  origin: null,
  clientAddress: '127.0.0.1',
  path: '/ws',
  headers: {},
  signal: new AbortController().signal,
})

test('where no project takes machine clients, each is in a workspace of its own', async () => {
  const grant = await world().grantFor(request('localhost:4000'), OWN)
  expect(grant).toMatchObject({ workspaceId: 'namespace', projectId: 'default', userId: 'machine-1' })
  expect(grant.isRevoked?.()).toBe(false)
})

test('where one does, they enter it, by its limits and no longer than either grant lasts', async () => {
  const one = world()
  one.taken.add('agents.example.com')
  const grant = await one.grantFor(request('Agents.example.com:443'), OWN)
  expect(grant).toMatchObject({
    workspaceId: 'acme',
    projectId: 'agents',
    expiresAtMs: PROJECT.expiresAtMs,
    limits: { messagesPerSecond: 5 },
  })
})

test('what that project refuses is refused, and gets no workspace of its own instead', async () => {
  const one = world()
  one.taken.add('agents.example.com')
  await expect(one.grantFor(request('agents.example.com', 'of a stranger'), OWN)).rejects.toMatchObject({
    code: 'unauthorized',
  })
  await expect(one.grantFor(request('agents.example.com', 'blocked'), OWN)).rejects.toMatchObject({
    code: 'forbidden',
  })
})

test('while the control plane is away nobody lands anywhere', async () => {
  const one = world()
  one.isUp = false
  await expect(one.grantFor(request('localhost'), OWN)).rejects.toMatchObject({
    code: 'control_plane_unavailable',
  })
})

test('a gateway that was given no control plane lets machine clients in, until there is one that knows better', async () => {
  const one = world({ mayBeAlone: true })
  one.isUp = false
  const [here, elsewhere] = [
    await one.grantFor(request('agents.example.com'), OWN),
    await one.grantFor(request('other.example.com'), OWN),
  ]
  expect([here, elsewhere].map((grant) => grant.isRevoked?.())).toEqual([false, false])
  one.taken.add('agents.example.com')
  one.isUp = true
  await expect.poll(() => one.withdrawn.mock.calls.length, { timeout: 5000 }).toBe(1)
  expect([here, elsewhere].map((grant) => grant.isRevoked?.())).toEqual([true, false])
  // From now on one that is away is an outage.
  one.isUp = false
  await expect(one.grantFor(request('other.example.com'), OWN)).rejects.toMatchObject({
    code: 'control_plane_unavailable',
  })
})

test('a token that is revoked ends both kinds of grants', async () => {
  const one = world()
  one.taken.add('agents.example.com')
  let isRevoked = false
  const own = { ...OWN, isRevoked: () => isRevoked }
  const grants = [
    await one.grantFor(request('localhost'), own),
    await one.grantFor(request('agents.example.com'), own),
  ]
  expect(grants.map((grant) => grant.isRevoked?.())).toEqual([false, false])
  isRevoked = true
  expect(grants.map((grant) => grant.isRevoked?.())).toEqual([true, true])
})

test('a project that withdraws its grant ends it', async () => {
  const { grantFor } = createOwnWorkspaces({
    askProject: async () => ({ ...PROJECT, isRevoked: () => true }),
    hosts: () => [],
    onWithdrawn: () => undefined,
    mayBeAlone: false,
  })
  expect((await grantFor(request('localhost'), OWN)).isRevoked?.()).toBe(true)
})

test('when a project comes to a host, those who are there with a workspace of their own have to go, and no others', async () => {
  const one = world()
  const here = await one.grantFor(request('agents.example.com:4000'), OWN)
  const elsewhere = await one.grantFor(request('other.example.com'), OWN)
  one.taken.add('agents.example.com')
  one.lookAgain()
  await expect.poll(() => one.withdrawn.mock.calls.length).toBe(1)
  expect([here, elsewhere].map((grant) => grant.isRevoked?.())).toEqual([true, false])
  // What is granted from now on is another matter.
  one.taken.clear()
  expect((await one.grantFor(request('agents.example.com'), OWN)).isRevoked?.()).toBe(false)
})

test('a change that concerns nobody closes nothing', async () => {
  const one = world()
  const grant = await one.grantFor(request('localhost'), OWN)
  one.lookAgain()
  await expect.poll(() => one.asked.length).toBe(2)
  await Promise.resolve()
  expect(one.withdrawn).not.toHaveBeenCalled()
  expect(grant.isRevoked?.()).toBe(false)
})

test('open sessions are asked about however long ago they came', async () => {
  const one = world()
  const grant = await one.grantFor(request('agents.example.com'), OWN)
  for (let count = 0; count < 1000; count += 1) {
    // oxlint-disable-next-line no-await-in-loop -- in this order
    await one.grantFor(request(`h${count}.example.com`), OWN)
  }
  one.open.push('agents.example.com')
  one.taken.add('agents.example.com')
  one.lookAgain()
  await expect.poll(() => one.withdrawn.mock.calls.length).toBe(1)
  expect(grant.isRevoked?.()).toBe(true)
})

test('with the control plane away a question is asked again until it is answered', async () => {
  const one = world()
  const grant = await one.grantFor(request('agents.example.com'), OWN)
  one.taken.add('agents.example.com')
  one.isUp = false
  one.lookAgain()
  await expect.poll(() => one.asked.length).toBe(2)
  expect(grant.isRevoked?.()).toBe(false)
  one.isUp = true
  await expect.poll(() => one.withdrawn.mock.calls.length, { timeout: 5000 }).toBe(1)
  expect(grant.isRevoked?.()).toBe(true)
})

test('what is no host is asked about as it is', async () => {
  const grant = await world().grantFor(request('a b'), OWN)
  expect(grant.workspaceId).toBe('namespace')
})
