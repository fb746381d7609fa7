import { createKeyRing } from '@portcullis/auth-core'
import type { Change, ManagedStore, NewProject } from '../management/managed-store.ts'
import type { ProjectKey, ProjectRecord } from '../management/records.ts'
import type { JwksAuth, SecretAuth } from '../project/project.ts'

/** Two stores over one empty database, as two processes have them; closed when their test ends. */
export interface OpenedManagedStores extends AsyncDisposable {
  readonly stores: readonly [ManagedStore, ManagedStore]
}

/** Who does it. */
export const BY: Change = { actor: 'ann' }
/** Secrets of projects, to be found nowhere. */
export const SECRETS: readonly [string, string, string] = ['HIDDEN-1', 'HIDDEN-2', 'HIDDEN-3'].map((text) =>
  text.padEnd(32, 'x'),
) as [string, string, string]
/** The project that is there. */
export const KEY: ProjectKey = { workspaceId: 'w', projectId: 'p' }
/** How clients of the project that is there prove who they are. */
export const SECRET_AUTH: SecretAuth & { readonly secret: string } = {
  mode: 'jwt-secret',
  secret: SECRETS[0],
  issuer: 'https://i',
}
/** Another way to prove it. */
export const JWKS_AUTH: JwksAuth & { readonly issuer: string } = {
  mode: 'jwt-jwks',
  jwksUrl: 'https://i.example/jwks',
  issuer: 'https://i.example',
  audience: 'p',
}

/** A project to be made. */
export function project(changes: Partial<NewProject> = {}): NewProject {
  const { projectId = 'p' } = changes
  return { ...KEY, hosts: [`${projectId}.example`], auth: { mode: 'none' }, ...changes }
}

/** A token of `bob`, for a minute. */
export function tokenOf(secret: string, claims: Record<string, unknown> = {}): Promise<string> {
  const ring = createKeyRing([{ algorithm: 'HS256', key: secret }])
  return ring.sign({ sub: 'bob', exp: Math.floor(Date.now() / 1000) + 60, ...claims })
}

/** The code that a promise rejects with. */
export async function codeOf(run: Promise<unknown>): Promise<string> {
  try {
    await run
  } catch (error) {
    return String((error as { code?: unknown }).code)
  }
  return 'nothing was thrown'
}

/** Two stores with the workspaces `v` and `w`, and the project `p` in the latter. */
export interface Started extends AsyncDisposable {
  readonly one: ManagedStore
  readonly other: ManagedStore
  readonly made: ProjectRecord
}

/** Opens two stores and fills them. */
export async function startWith(open: () => Promise<OpenedManagedStores>): Promise<Started> {
  const both = await open()
  const [one, other] = both.stores
  await one.workspaces.create({ workspaceId: 'w' }, BY)
  await one.workspaces.create({ workspaceId: 'v', name: 'Other' }, BY)
  const made = await one.projects.create(project({ auth: SECRET_AUTH }), BY)
  return { one, other, made, [Symbol.asyncDispose]: () => both[Symbol.asyncDispose]() }
}
