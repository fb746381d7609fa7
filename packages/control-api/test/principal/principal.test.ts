import type { FastifyRequest } from 'fastify'
import { expect, test } from 'vitest'
import { assertMayGive } from '../../src/access/access-hooks.ts'
import { ControlApiError } from '../../src/index.ts'
import { type Principal, principalOf, roleIn } from '../../src/principal/principal.ts'

const WHO = { kind: 'person', actor: 'user:ann', name: 'Ann' } as const

function ann(...memberships: Parameters<typeof principalOf>[1]): Principal {
  return principalOf(WHO, memberships)
}

test('somebody has the strongest of their roles, and that of an operator everywhere', () => {
  const principal = ann(
    { workspaceId: 'b', role: 'viewer' },
    { workspaceId: 'a', role: 'owner' },
    { workspaceId: 'b', role: 'admin' },
    { workspaceId: 'a', role: 'viewer' },
  )
  expect([...principal.memberships]).toEqual([
    ['a', 'owner'],
    ['b', 'admin'],
  ])
  expect([roleIn(principal, 'a'), roleIn(principal, 'b'), roleIn(principal, 'c')]).toEqual([
    'owner',
    'admin',
    null,
  ])
  const operator = ann({ workspaceId: null, role: 'admin' }, { workspaceId: 'a', role: 'owner' })
  expect([roleIn(operator, 'a'), roleIn(operator, 'b')]).toEqual(['owner', 'admin'])
  for (const name of ['__proto__', 'constructor', '']) expect(roleIn(principal, name)).toBeNull()
})

test('nobody gives a role that is stronger than their own where they give it', () => {
  const give = (
    principal: Principal,
    workspaceId: string | null,
    role: 'viewer' | 'admin' | 'owner',
  ): string => {
    const request = { portcullisCaller: { principal, sessionSecret: null } } as FastifyRequest
    try {
      assertMayGive(request, workspaceId, role)
      return 'given'
    } catch (error) {
      return ControlApiError.is(error) ? error.code : String(error)
    }
  }
  const admin = ann({ workspaceId: 'a', role: 'admin' })
  expect(give(admin, 'a', 'viewer')).toBe('given')
  expect(give(admin, 'a', 'admin')).toBe('given')
  expect(give(admin, 'a', 'owner')).toBe('ERR_ROLE_TOO_STRONG')
  expect(give(admin, 'b', 'viewer')).toBe('ERR_ROLE_TOO_STRONG')
  // An owner of every workspace there is would still be no operator.
  expect(give(ann({ workspaceId: 'a', role: 'owner' }), null, 'viewer')).toBe('ERR_ROLE_TOO_STRONG')
  expect(give(ann({ workspaceId: null, role: 'admin' }), 'a', 'owner')).toBe('ERR_ROLE_TOO_STRONG')
  expect(give(ann({ workspaceId: null, role: 'owner' }), 'a', 'owner')).toBe('given')
})
