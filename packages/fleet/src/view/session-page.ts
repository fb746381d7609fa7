import type { FleetPage } from '../question/questions.ts'
import { integerOption } from '../internal/settings.ts'
import type { FleetSession } from '../session/fleet-session.ts'
import { SESSION_ID } from '../session/session-schema.ts'
import type { GatewayRecord } from './gateway-record.ts'
import type { FleetSessionQuery, FleetViewSession } from './view.ts'

const DEFAULT_LIMIT = 100
const MAX_LIMIT = 1000

interface Place {
  readonly connectedAtMs: number
  readonly sessionId: string
}

/** Newest first; of those that connected at once by id. */
function compare(a: Place, b: Place): number {
  if (a.connectedAtMs !== b.connectedAtMs) return b.connectedAtMs - a.connectedAtMs
  if (a.sessionId === b.sessionId) return 0
  return a.sessionId < b.sessionId ? -1 : 1
}

/** @throws TypeError naming the option */
export function sessionPage(
  gateways: Iterable<GatewayRecord>,
  query: FleetSessionQuery,
): FleetPage<FleetViewSession> {
  const limit = integerOption('limit', query.limit, DEFAULT_LIMIT, 1, MAX_LIMIT)
  const after = query.after === undefined ? undefined : placeOf(query.after)
  const { workspaceId, projectId, userId, gatewayId } = query
  const matches: FleetSession[] = []
  const owners: string[] = []
  for (const gateway of gateways) {
    if (gatewayId !== undefined && gateway.id !== gatewayId) continue
    for (const { session } of gateway.sessions.values()) {
      if (workspaceId !== undefined && session.workspaceId !== workspaceId) continue
      if (projectId !== undefined && session.projectId !== projectId) continue
      if (userId !== undefined && session.userId !== userId) continue
      if (after && compare(session, after) <= 0) continue
      matches.push(session)
      owners.push(gateway.id)
    }
  }
  // Of many, numbers are sorted rather than sessions: a page needs the few that are as new as its last one.
  const oldest = Float64Array.from(matches, ({ connectedAtMs }) => -connectedAtMs).toSorted()[limit]
  const found: FleetViewSession[] = []
  for (const [n, session] of matches.entries()) {
    if (oldest !== undefined && session.connectedAtMs < -oldest) continue
    found.push({ ...session, gatewayId: owners[n] ?? '' })
  }
  found.sort(compare)
  const items = found.slice(0, limit)
  const last = items.at(-1)
  return {
    items,
    next: found.length > limit && last ? `${last.connectedAtMs}.${last.sessionId}` : null,
  }
}

function placeOf(after: string): Place {
  const [, connectedAt = '', sessionId = ''] =
    (typeof after === 'string' && /^(\d{1,16})\.(.+)$/.exec(after)) || []
  if (connectedAt === '' || !SESSION_ID.test(sessionId)) {
    throw new TypeError('"after" option must be the "next" of a page')
  }
  return { connectedAtMs: Number(connectedAt), sessionId }
}
