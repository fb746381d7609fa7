import { read, send, type Page } from './request.ts'
import { segment } from './segment.ts'

/** A message that no worker could handle. */
export interface DeadLetter {
  readonly id: string
  readonly projectId: string
  readonly actor: string
  /** Null, as the next two, when what was stored cannot be read. */
  readonly actorId: string | null
  readonly sessionId: string | null
  readonly userId: string | null
  readonly reason: { readonly code: string; readonly message: string }
  readonly attempts: number
  readonly failedAt: string
  readonly payloadBytes: number
  /** Whether all of it was kept: only then can it be replayed. */
  readonly isWhole: boolean
}

/** {@link DeadLetter} with what the client sent. */
export interface DeadLetterDetail extends DeadLetter {
  /** Any JSON; null when it cannot be read. */
  readonly message?: unknown
}

const path = (workspaceId: string): string => `/api/workspaces/${segment(workspaceId)}/dead-letters`

export const listDeadLetters = (
  workspaceId: string,
  projectId: string,
  after: string | null,
): Promise<Page<DeadLetter>> => read(path(workspaceId), { query: { projectId, after } })

export const readDeadLetter = (workspaceId: string, id: string): Promise<DeadLetterDetail> =>
  read(`${path(workspaceId)}/${segment(id)}`)

export async function replayDeadLetter(workspaceId: string, id: string): Promise<void> {
  await send('POST', `${path(workspaceId)}/${segment(id)}/replay`)
}

export async function dropDeadLetter(workspaceId: string, id: string): Promise<void> {
  await send('DELETE', `${path(workspaceId)}/${segment(id)}`)
}
