import { projectPath } from './projects.ts'
import { read, send, type Page } from './request.ts'
import { segment } from './segment.ts'

/** A secret in the one answer that shows it: `secret` is absent where the caller brought their own. */
export interface AddedSecret {
  readonly secretId: string
  readonly secret?: string
}

/** One step of verifying a token. */
export interface TokenCheck {
  readonly check: string
  readonly status: 'passed' | 'failed' | 'skipped'
  /** One sentence. */
  readonly detail: string
}

export interface TokenTest {
  readonly ok: boolean
  /** In the order in which they are made. */
  readonly checks: readonly TokenCheck[]
  readonly userId: string | null
  /** What the token says: to be believed when `ok`. */
  readonly claims: Readonly<Record<string, unknown>> | null
}

export interface BlockedUser {
  readonly userId: string
  readonly reason: string | null
  readonly blockedAt: string
}

export async function addSecret(
  workspaceId: string,
  projectId: string,
  secret: string | undefined,
  idempotencyKey: string,
): Promise<AddedSecret> {
  const body = secret === undefined ? {} : { secret }
  const path = `${projectPath(workspaceId, projectId)}/secrets`
  return (await send<AddedSecret>('POST', path, { body, idempotencyKey })).data
}

export async function removeSecret(workspaceId: string, projectId: string, secretId: string): Promise<void> {
  await send('DELETE', `${projectPath(workspaceId, projectId)}/secrets/${segment(secretId)}`)
}

/** Verifies a token the way a gateway would, step by step. It opens no session. */
export async function testToken(
  workspaceId: string,
  projectId: string,
  body: { token: string; host?: string },
): Promise<TokenTest> {
  return (await send<TokenTest>('POST', `${projectPath(workspaceId, projectId)}/token-test`, { body })).data
}

export const listBlocked = (
  workspaceId: string,
  projectId: string,
  after: string | null,
): Promise<Page<BlockedUser>> =>
  read(`${projectPath(workspaceId, projectId)}/blocked-users`, { query: { after } })

export async function blockUser(
  workspaceId: string,
  projectId: string,
  body: { userId: string; reason?: string },
): Promise<void> {
  await send('POST', `${projectPath(workspaceId, projectId)}/blocked-users`, { body })
}

export async function unblockUser(workspaceId: string, projectId: string, userId: string): Promise<void> {
  await send('DELETE', `${projectPath(workspaceId, projectId)}/blocked-users/${segment(userId)}`)
}
