import type { Grant } from './authorizer.ts'

const ID = /^[A-Za-z0-9_-]{1,64}$/

/** Reads a grant that came over the wire; null when it is not one. Ids become subject tokens, so their form is checked. */
export function parseGrant(value: unknown): Grant | null {
  if (typeof value !== 'object' || value === null) return null
  const { workspaceId, projectId, userId, claims } = value as Record<string, unknown>
  if (typeof workspaceId !== 'string' || !ID.test(workspaceId)) return null
  if (typeof projectId !== 'string' || !ID.test(projectId)) return null
  if (userId !== null && userId !== undefined && typeof userId !== 'string') return null
  if (claims !== undefined && (typeof claims !== 'object' || claims === null || Array.isArray(claims)))
    return null
  return { workspaceId, projectId, userId: userId ?? null, claims: (claims ?? {}) as Record<string, unknown> }
}
