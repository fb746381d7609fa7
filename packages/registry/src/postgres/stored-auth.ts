import { createHash, randomBytes } from 'node:crypto'
import { invalidRequest } from '../management/inputs.ts'
import type { ProjectAuthView, ProjectKey } from '../management/records.ts'
import type { JwksAuth, MachineAuth, NoAuth, ProjectAuth, SecretAuth } from '../project/project.ts'
import type { ChangedAuth } from '../project/project-schema.ts'
import { asList } from '../project/token-overlap.ts'
import type { SecretBox } from '../secret/secret-box.ts'

/** What is in the column `auth`. */
export type StoredAuth = NoAuth | Omit<SecretAuth, 'secret'> | JwksAuth | MachineAuth

/** One of the list in the column `secrets`, newest first. */
export interface StoredSecret {
  readonly secretId: string
  readonly createdAtMs: number
  readonly sealed: string
}

/** An auth configuration as its columns have it. */
export interface AuthColumns {
  readonly auth: StoredAuth
  readonly secrets: readonly StoredSecret[]
}

/** Takes the secrets out of a configuration and seals them. */
export function storeAuth(auth: ProjectAuth, key: ProjectKey, box: SecretBox, now: number): AuthColumns {
  if (auth.mode !== 'jwt-secret') return { auth, secrets: [] }
  const { secret, ...rest } = auth
  const list = asList(secret)
  if (new Set(list).size < list.length) throw invalidRequest('$.auth.secret names a secret twice')
  return { auth: rest, secrets: list.map((one) => sealSecret(one, key, box, now)) }
}

/** {@link storeAuth} of a change: a `jwt-secret` without secrets keeps those that are there. */
export function changeAuth(
  auth: ChangedAuth,
  before: AuthColumns,
  key: ProjectKey,
  box: SecretBox,
  now: number,
): AuthColumns {
  if (auth.mode !== 'jwt-secret' || auth.secret !== undefined) {
    return storeAuth(auth as ProjectAuth, key, box, now)
  }
  if (before.auth.mode !== 'jwt-secret') throw invalidRequest('$.auth.secret is needed')
  const { secret: _none, ...rest } = auth
  return { auth: rest, secrets: before.secrets }
}

/** Seals one secret under an id of its own. */
export function sealSecret(secret: string, key: ProjectKey, box: SecretBox, now: number): StoredSecret {
  const secretId = randomBytes(9).toString('base64url')
  return { secretId, createdAtMs: now, sealed: box.seal(secret, placeOf(key, secretId)) }
}

/** @throws RegistryError `ERR_PROJECT_MISCONFIGURED` */
export function openSecrets(secrets: readonly StoredSecret[], key: ProjectKey, box: SecretBox): string[] {
  return secrets.map(({ secretId, sealed }) => box.open(sealed, placeOf(key, secretId)))
}

/** The same secrets under the first key, or null when they are. */
export function resealed(
  secrets: readonly StoredSecret[],
  key: ProjectKey,
  box: SecretBox,
): StoredSecret[] | null {
  if (secrets.every(({ sealed }) => box.isCurrent(sealed))) return null
  return secrets.map((one) => {
    const place = placeOf(key, one.secretId)
    return box.isCurrent(one.sealed) ? one : { ...one, sealed: box.seal(box.open(one.sealed, place), place) }
  })
}

/** What may be read of it. */
export function viewOfAuth({ auth, secrets }: AuthColumns): ProjectAuthView {
  if (auth.mode !== 'jwt-secret') return auth
  return { ...auth, secrets: secrets.map(({ secretId, createdAtMs }) => ({ secretId, createdAtMs })) }
}

/** Digests of what a project trusts: those to keep, and those to look for at other projects. */
export interface Anchors {
  readonly kept: readonly string[]
  readonly sought: readonly string[]
}

/**
 * What a configuration trusts. Of an identity provider it is each pair of issuer and audience; of secrets it is the secrets,
 * whose digests depend on the key under which they were made.
 */
export function anchorsOf({ auth, secrets }: AuthColumns, key: ProjectKey, box: SecretBox): Anchors {
  if (auth.mode === 'jwt-secret') {
    const digests = openSecrets(secrets, key, box).map((secret) => box.fingerprints(secret))
    return { kept: digests.map(([first]) => first as string), sought: digests.flat() }
  }
  const trusted = auth.mode === 'none' ? [] : trustedBy(auth).map(digest)
  return { kept: trusted, sought: trusted }
}

function trustedBy(auth: JwksAuth | MachineAuth): string[][] {
  if (auth.mode === 'machine') return [...new Set(auth.namespaces)].map((one) => [auth.mode, one])
  const audiences = [...new Set(asList(auth.audience))]
  return [...new Set(asList(auth.issuer))].flatMap((issuer) =>
    audiences.map((audience) => [auth.mode, issuer, audience]),
  )
}

function digest(parts: readonly string[]): string {
  return createHash('sha256').update(JSON.stringify(parts)).digest('base64url')
}

function placeOf({ workspaceId, projectId }: ProjectKey, secretId: string): string[] {
  return ['portcullis_registry_projects', workspaceId, projectId, secretId]
}
