import { compileRestriction } from '@portcullis/visibility'
import { describe, expect, test } from 'vitest'
import type { Membership, Peer } from '../../src/peers/peer.ts'
import { createPeerRegistry, type PeerRegistry } from '../../src/peers/registry.ts'

let made = 0

function peer(options: Partial<Peer> = {}): Peer {
  made += 1
  const { local = true, user = 'ann' } = options
  return {
    id: `p-${made}`,
    nodeId: local ? 'here' : 'there',
    local,
    identity: {},
    verified: {},
    service: false,
    send: () => undefined,
    writable: true,
    ...options,
    user,
  }
}

function join(registry: PeerRegistry, one: Peer, membership: Partial<Membership> = {}): Peer {
  registry.add(one)
  registry.join(one, 'agm', {
    restriction: undefined,
    visibility: 'cluster',
    options: undefined,
    ...membership,
  })
  return one
}

describe('peers of other nodes', () => {
  test('do not see each other as far as this node is asked, and their restrictions are not tried', () => {
    const registry = createPeerRegistry()
    const tried: unknown[] = []
    const restriction = {
      ...compileRestriction('$a'),
      test: (own: unknown, other: unknown) => {
        tried.push([own, other])
        return true
      },
    }
    const one = join(registry, peer({ local: false }), { restriction })
    const other = join(registry, peer({ local: false }), { restriction })
    expect(registry.sees(one, other, 'agm')).toBe(false)
    expect([...registry.visibleTo(one, 'agm')]).toEqual([])
    expect(tried).toEqual([])
    const local = join(registry, peer())
    expect([...registry.visibleTo(local, 'agm')]).toEqual([one, other])
    expect([...registry.visibleTo(one, 'agm')]).toEqual([local])
  })

  test('are seen by members that are not kept on this node, and see those alone', () => {
    const registry = createPeerRegistry()
    const remote = join(registry, peer({ local: false }))
    const open = join(registry, peer())
    const kept = join(registry, peer(), { visibility: 'local' })
    expect([...registry.visibleTo(remote, 'agm')]).toEqual([open])
    expect([...registry.visibleTo(kept, 'agm')]).toEqual([open])
    expect([...registry.visibleTo(open, 'agm')]).toEqual([remote, kept])
  })

  test('do not count for the limit of their user', () => {
    const registry = createPeerRegistry()
    const local = join(registry, peer())
    join(registry, peer({ local: false }))
    expect(registry.countOfUser('ann')).toBe(1)
    registry.remove(local)
    expect(registry.countOfUser('ann')).toBe(0)
    // A second time changes nothing.
    registry.remove(local)
    join(registry, peer())
    expect(registry.countOfUser('ann')).toBe(1)
  })
})

test('both sides of a restriction have to hold', () => {
  const registry = createPeerRegistry()
  const strict = join(registry, peer({ identity: { region: 'eu' } }), {
    restriction: compileRestriction('$region == #region'),
  })
  const near = join(registry, peer({ identity: { region: 'eu' } }))
  const far = join(registry, peer({ identity: { region: 'us' } }))
  for (const [one, other] of [
    [strict, near],
    [near, strict],
    [near, far],
  ] as const) {
    expect(registry.sees(one, other, 'agm')).toBe(true)
  }
  expect(registry.sees(strict, far, 'agm')).toBe(false)
  expect(registry.sees(far, strict, 'agm')).toBe(false)
})

test('a service meets the peers of every user once, a peer without a user those without one', () => {
  const registry = createPeerRegistry()
  const service = join(registry, peer({ user: 'svc', service: true }))
  const own = join(registry, peer({ user: 'svc' }))
  const ann = join(registry, peer())
  const nobody = join(registry, { ...peer(), user: undefined })
  const nobodyElse = join(registry, { ...peer(), user: undefined })
  expect([...registry.visibleTo(service, 'agm')]).toEqual([own, ann, nobody, nobodyElse])
  expect([...registry.visibleTo(own, 'agm')]).toEqual([service])
  expect([...registry.visibleTo(ann, 'agm')]).toEqual([service])
  expect([...registry.visibleTo(nobody, 'agm')]).toEqual([nobodyElse, service])
})

test('a domain is not another', () => {
  const registry = createPeerRegistry()
  const one = join(registry, peer())
  const other = join(registry, peer())
  expect(registry.sees(one, other, 'bus')).toBe(false)
  expect(registry.member('bus', one.id)).toBeUndefined()
  registry.leave(one, 'agm')
  expect(registry.member('agm', one.id)).toBeUndefined()
  expect(registry.get(one.id)).toBe(one)
  expect([...registry.visibleTo(other, 'agm')]).toEqual([])
})
