import { ApiError } from './problem.ts'
import { read, send, type Page } from './request.ts'
import { segment } from './segment.ts'

/** A connection of a client, as its gateway last reported it. */
export interface LiveSession {
  readonly sessionId: string
  readonly workspaceId: string
  readonly projectId: string
  readonly userId: string | null
  readonly host: string
  readonly clientAddress: string
  readonly connectedAt: string
  readonly protocol: string
  /** When its token ends; null when it does not. */
  readonly expiresAt: string | null
  readonly received: number
  readonly delivered: number
  /** Messages sent to it that it has not confirmed. */
  readonly inFlight: number
  /** Waiting to be written to its socket. */
  readonly bufferedBytes: number
  readonly gatewayId: string
}

export interface SessionFilter {
  readonly projectId: string
  readonly userId: string
}

const path = (workspaceId: string): string => `/api/workspaces/${segment(workspaceId)}/sessions`

export const listSessions = (
  workspaceId: string,
  filter: SessionFilter,
  after: string | null,
): Promise<Page<LiveSession>> => read(path(workspaceId), { query: { ...filter, after, limit: 100 } })

/** Closes the connection; its client does not come back by itself. One that is gone already is as good as closed. */
export async function disconnect(workspaceId: string, sessionId: string): Promise<void> {
  try {
    await send('DELETE', `${path(workspaceId)}/${segment(sessionId)}`)
  } catch (error) {
    if (!(error instanceof ApiError && error.status === 404)) throw error
  }
}
