import { read, send, type Page } from './request.ts'
import { segment } from './segment.ts'
import type { Role } from './members.ts'

/** An API key as it may be read. */
export interface ApiKey {
  readonly keyId: string
  readonly name: string
  readonly role: Role
  /** The beginning of the key, to recognise it by. */
  readonly prefix: string
  readonly createdAt: string
  readonly expiresAt: string | null
  readonly lastUsedAt: string | null
}

/** An API key in the one answer that shows all of it. */
export interface NewApiKey extends ApiKey {
  readonly key: string
}

export const keysPath = (workspaceId: string | null): string =>
  workspaceId === null ? '/api/operator-keys' : `/api/workspaces/${segment(workspaceId)}/api-keys`

export const listKeys = (workspaceId: string | null, after: string | null): Promise<Page<ApiKey>> =>
  read(keysPath(workspaceId), { query: { after } })

export async function createKey(
  workspaceId: string | null,
  key: { name: string; role: Role; expiresAt?: string },
  idempotencyKey: string,
): Promise<NewApiKey> {
  return (await send<NewApiKey>('POST', keysPath(workspaceId), { body: key, idempotencyKey })).data
}

export async function rotateKey(workspaceId: string | null, keyId: string): Promise<NewApiKey> {
  return (await send<NewApiKey>('POST', `${keysPath(workspaceId)}/${segment(keyId)}/rotate`)).data
}

export async function revokeKey(workspaceId: string | null, keyId: string): Promise<void> {
  await send('DELETE', `${keysPath(workspaceId)}/${segment(keyId)}`)
}
