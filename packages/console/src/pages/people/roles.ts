import type { Role } from '../api/members.ts'

export const ROLES: readonly (readonly [role: Role, title: string])[] = [
  ['viewer', 'Viewer'],
  ['admin', 'Admin'],
  ['owner', 'Owner'],
]
