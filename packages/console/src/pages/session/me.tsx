import { createContext, useContext, type ReactNode } from 'react'
import type { Me } from '../api/session.ts'
import type { Role } from '../api/members.ts'

const MeContext = createContext<Me | null>(null)

export function MeProvider({ me, children }: { me: Me; children: ReactNode }): ReactNode {
  return <MeContext value={me}>{children}</MeContext>
}

/** Who is signed in. */
export function useMe(): Me {
  const me = useContext(MeContext)
  if (me === null) throw new TypeError('nobody is signed in here')
  return me
}

/** What who is signed in may do in a workspace; null over the whole installation. The server decides: this only hides. */
export function useRole(workspaceId: string | null): { mayChange: boolean; mayOwn: boolean } {
  const { operator, memberships } = useMe()
  const own = memberships.find((membership) => membership.workspaceId === workspaceId)?.role
  const roles: readonly (Role | null | undefined)[] = [operator, own]
  return {
    mayChange: roles.includes('owner') || roles.includes('admin'),
    mayOwn: roles.includes('owner'),
  }
}
