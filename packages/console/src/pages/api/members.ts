import { read, send, type Page } from './request.ts'
import { segment } from './segment.ts'

/** What somebody may do in a workspace. */
export type Role = 'owner' | 'admin' | 'viewer'

/** Somebody who belongs to a workspace, or who operates the installation. */
export interface Member {
  readonly memberId: string
  /** `user:<sub>`, `email:<address>` or `machine:<client id>`. */
  readonly subject: string
  readonly role: Role
  readonly name: string
}

/** Where members live: those of a workspace, or the operators. */
export const membersPath = (workspaceId: string | null): string =>
  workspaceId === null ? '/api/operators' : `/api/workspaces/${segment(workspaceId)}/members`

export const listMembers = (workspaceId: string | null, after: string | null): Promise<Page<Member>> =>
  read(membersPath(workspaceId), { query: { after } })

export async function addMember(
  workspaceId: string | null,
  member: { subject: string; role: Role; name?: string },
  idempotencyKey: string,
): Promise<void> {
  await send('POST', membersPath(workspaceId), { body: member, idempotencyKey })
}

/** Changes a role as it is now: of two who do it at once the later one wins knowingly, since it is one word. */
export async function changeRole(workspaceId: string | null, memberId: string, role: Role): Promise<void> {
  await send('PATCH', `${membersPath(workspaceId)}/${segment(memberId)}`, { body: { role }, etag: '*' })
}

export async function removeMember(workspaceId: string | null, memberId: string): Promise<void> {
  await send('DELETE', `${membersPath(workspaceId)}/${segment(memberId)}`, { etag: '*' })
}
