import type { ReactNode } from 'react'
import { useRole } from '../session/me.tsx'
import { Page } from '../shell/page.tsx'
import { Keys } from './keys.tsx'
import { Members } from './members.tsx'

/** Who may use a workspace, or, with null, the whole installation. */
export function AccessPage({ workspaceId }: { workspaceId: string | null }): ReactNode {
  const { mayOwn } = useRole(workspaceId)
  return (
    <Page
      title={workspaceId === null ? 'Operators' : 'Members and keys'}
      lead={
        workspaceId === null
          ? 'Operators have their role in every workspace, and look after gateways and rules.'
          : 'Viewers look. Admins change projects, sessions and messages. Owners decide who is who.'
      }
    >
      <Members workspaceId={workspaceId} mayOwn={mayOwn} />
      <Keys workspaceId={workspaceId} mayOwn={mayOwn} />
    </Page>
  )
}
