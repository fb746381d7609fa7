import { createSecretKeySet, type KeySet } from '@portcullis/auth-core'
import { and, eq, inArray, sql } from 'drizzle-orm'
import { RegistryError } from '../errors.ts'
import { wildcardOf } from '../host/host-pattern.ts'
import type { ProjectLimits } from '../project/project.ts'
import type { SecretBox } from '../secret/secret-box.ts'
import type { FoundProject } from '../store/registry-store.ts'
import type { Ask } from './ask-database.ts'
import type { RegistryDatabase } from './registry-database.ts'
import { openSecrets, type StoredAuth, type StoredSecret } from './stored-auth.ts'
import { hosts, projects } from './tables.ts'

/** Key sets kept; the least recently used one goes first, at the price of opening its secrets once more. */
const MAX_KEY_SETS = 1000

/** Each connection parses and plans the lookup once under this name. Poolers have to know prepared statements. */
const LOOKUP_NAME = 'portcullis_registry_host_lookup'

/** Longer ones are no hosts, and would not be found. */
const MAX_HOST = 255

/**
 * Finds projects by host with one statement for each call, so that a change counts from its commit on, on every machine.
 * Secrets are opened once for each version of an auth configuration.
 */
export function postgresHostLookup(
  db: RegistryDatabase,
  ask: Ask,
  box: SecretBox,
): (host: string) => Promise<FoundProject | null> {
  const keySets = new Map<string, KeySet>()
  // Built once: to build it takes longer than PostgreSQL does to answer it.
  const lookup = prepareLookup(db)

  function keysOf(row: Row): KeySet {
    const known = keySets.get(row.authVersion)
    const keys = known ?? createSecretKeySet(openSecrets(JSON.parse(row.secrets) as StoredSecret[], row, box))
    keySets.delete(row.authVersion)
    keySets.set(row.authVersion, keys)
    if (keySets.size > MAX_KEY_SETS) keySets.delete(keySets.keys().next().value as string)
    return keys
  }

  return async (host) => {
    if (!isHost(host)) return null
    const rows = await ask(() => lookup.execute({ host, wildcard: wildcardOf(host) ?? host }))
    const row = rows.find((one) => one.host === host) ?? rows[0]
    if (row === undefined) return null
    const { workspaceId, projectId, authVersion } = row
    const auth = read<StoredAuth>(row.auth)
    return {
      workspaceId,
      projectId,
      authVersion,
      limits: read<ProjectLimits>(row.limits),
      auth: auth.mode === 'jwt-secret' ? { ...auth, keys: keysOf(row) } : auth,
    }
  }
}

// A wildcard is not the name of a host, and NUL is no text for PostgreSQL.
function isHost(host: unknown): host is string {
  return typeof host === 'string' && host.length <= MAX_HOST && !/[*\0]/.test(host)
}

type Row = Awaited<ReturnType<ReturnType<typeof prepareLookup>['execute']>>[number]

// The shape is what the columns say.
// oxlint-disable-next-line typescript/explicit-function-return-type
function prepareLookup(db: RegistryDatabase) {
  return db
    .select({
      host: hosts.host,
      workspaceId: projects.workspaceId,
      projectId: projects.projectId,
      auth: projects.auth,
      secrets: projects.secrets,
      limits: projects.limits,
      authVersion: projects.authVersion,
    })
    .from(hosts)
    .innerJoin(
      projects,
      and(eq(projects.workspaceId, hosts.workspaceId), eq(projects.projectId, hosts.projectId)),
    )
    .where(inArray(hosts.host, [sql.placeholder('host'), sql.placeholder('wildcard')]))
    .prepare(LOOKUP_NAME)
}

function read<T>(text: string): T {
  try {
    return JSON.parse(text) as T
  } catch {
    throw new RegistryError('ERR_PROJECT_MISCONFIGURED', 'the stored configuration is damaged')
  }
}
