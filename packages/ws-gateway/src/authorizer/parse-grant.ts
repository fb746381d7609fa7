import type { Grant, GrantLimits } from './authorizer.ts'

const ID = /^[A-Za-z0-9_-]{1,64}$/

/**
 * Reads a grant that came over the wire; null when it is not one. Ids become subject tokens, so their form is checked. The
 * claim `exp` (seconds since the epoch, RFC 7519 section 4.1.4) says when it expires; one that is no such time makes it no
 * grant, because the session would never end.
 */
export function parseGrant(value: unknown): Grant | null {
  const members = readGrant(value)
  if (!members) return null
  const limits = readLimits((value as { limits?: unknown }).limits)
  if (limits === null) return null
  const grant = limits === undefined ? members : { ...members, limits }
  const { exp } = grant.claims
  if (exp === undefined || exp === null) return grant
  const expiresAtMs = typeof exp === 'number' ? exp * 1000 : Number.NaN
  return isInstant(expiresAtMs) ? { ...grant, expiresAtMs } : null
}

const LIMITS = ['maxConnections', 'messagesPerSecond', 'maxPayloadBytes'] as const

/**
 * Reads what a project allows; undefined when it says nothing. Members that are no limits of ours are left out.
 *
 * @returns null when one is no whole number of at least 1: without it a session would have what it may not
 */
export function readLimits(value: unknown): GrantLimits | null | undefined {
  if (value === undefined || value === null) return undefined
  if (typeof value !== 'object' || Array.isArray(value)) return null
  const limits: { -readonly [L in keyof GrantLimits]: GrantLimits[L] } = {}
  for (const name of LIMITS) {
    const limit = (value as Record<string, unknown>)[name]
    if (limit === undefined || limit === null) continue
    if (!Number.isSafeInteger(limit) || (limit as number) < 1) return null
    limits[name] = limit as number
  }
  return limits
}

/** The members that say for whom a grant is; null when they are not there. */
export function readGrant(value: unknown): Grant | null {
  if (typeof value !== 'object' || value === null) return null
  const { workspaceId, projectId, userId, claims } = value as Record<string, unknown>
  if (typeof workspaceId !== 'string' || !ID.test(workspaceId)) return null
  if (typeof projectId !== 'string' || !ID.test(projectId)) return null
  if (userId !== null && userId !== undefined && typeof userId !== 'string') return null
  if (claims !== undefined && (typeof claims !== 'object' || claims === null || Array.isArray(claims)))
    return null
  return { workspaceId, projectId, userId: userId ?? null, claims: (claims ?? {}) as Record<string, unknown> }
}

/** Whether a value can be a time in milliseconds since the epoch. */
export function isInstant(value: unknown): value is number {
  return Number.isFinite(value) && (value as number) > 0
}
