import { read, send, setCsrfToken } from './request.ts'
import type { Role } from './members.ts'

/** Who is signed in. */
export interface Me {
  readonly kind: 'api-key' | 'machine' | 'person'
  readonly name: string
  /** Role in every workspace and over the installation; null for who is no operator. */
  readonly operator: Role | null
  readonly memberships: readonly { readonly workspaceId: string; readonly role: Role }[]
}

/** What anybody may know: whether there is somebody, and how to get in. */
export interface Session {
  readonly signedIn: boolean
  readonly setupNeeded: boolean
  readonly methods: { readonly apiKey: boolean; readonly oidc: boolean }
  readonly me?: Me
  readonly csrfToken?: string
}

export async function readSession(signal?: AbortSignal): Promise<Session> {
  const session = await read<Session>('/api/session', { signal })
  setCsrfToken(session.csrfToken ?? null)
  return session
}

export async function signIn(apiKey: string): Promise<void> {
  await send('POST', '/api/session', { body: { apiKey } })
}

export async function signOut(): Promise<void> {
  await send('DELETE', '/api/session')
}

/** Makes the first operator. @returns its API key, which is not to be had again */
export async function setUp(token: string, name: string): Promise<string> {
  const body = { token, ...(name !== '' && { name }) }
  return (await send<{ apiKey: string }>('POST', '/api/setup', { body })).data.apiKey
}

/** Where signing in with the identity provider begins, to end at the page that one wanted to see. */
export const oidcLogin = (returnTo: string): string =>
  `/api/session/oidc/login?${String(new URLSearchParams({ returnTo }))}`
