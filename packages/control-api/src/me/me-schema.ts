import { z } from 'zod'
import { component, note } from '../document/schemas.ts'
import { idSchema, roleSchema } from '../http/common-schemas.ts'
import type { Principal } from '../principal/principal.ts'

/** Who sends a request. */
export const meSchema: z.ZodType<Me> = component(
  'Me',
  z.object({
    kind: z.enum(['api-key', 'machine', 'person']),
    name: z.string(),
    operator: note(roleSchema.nullable(), 'The role in all workspaces; null for none'),
    memberships: note(
      z.array(z.object({ workspaceId: idSchema, role: roleSchema })),
      'Roles in single workspaces, by id',
    ),
  }),
  {
    examples: [
      {
        kind: 'person',
        name: 'Ann',
        operator: null,
        memberships: [{ workspaceId: 'acme', role: 'admin' }],
      },
    ],
  },
)

/** Who sends a request, as it is told. */
export interface Me extends Pick<Principal, 'kind' | 'name' | 'operator'> {
  memberships: { workspaceId: string; role: 'viewer' | 'admin' | 'owner' }[]
}

/** What a principal is told about itself. */
export function meOf({ kind, name, operator, memberships }: Principal): Me {
  return {
    kind,
    name,
    operator,
    memberships: [...memberships].map(([workspaceId, role]) => ({ workspaceId, role })),
  }
}
