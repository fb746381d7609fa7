import { createSecretKeySet, type KeySet } from '@portcullis/auth-core'
import { and, eq, exists, inArray, sql } from 'drizzle-orm'
import { RegistryError } from '../errors.ts'
import { wildcardOf } from '../host/host-pattern.ts'
import type { ProjectLimits } from '../project/project.ts'
import type { SecretBox } from '../secret/secret-box.ts'
import { isId } from '../management/inputs.ts'
import type { FoundProject, RegistryStore } from '../store/registry-store.ts'
import type { Ask } from './ask-database.ts'
import { userDigest } from './blocked-users.ts'
import type { RegistryDatabase } from './registry-database.ts'
import { openSecrets, type StoredAuth, type StoredSecret } from './stored-auth.ts'
import { blockedUsers, hosts, projects } from './tables.ts'

/** Key sets kept; the least recently used one goes first, at the price of opening its secrets once more. */
const MAX_KEY_SETS = 1000

/** Each connection parses and plans each lookup once under its name. Poolers have to know prepared statements. */
const LOOKUP_NAME = 'portcullis_registry_lookup'

/** Longer ones are no hosts, and would not be found. */
const MAX_HOST = 255

/**
 * Finds projects with one statement for each call, so that a change counts from its commit on, on every machine. Secrets are
 * opened once for each version of an auth configuration.
 */
export function postgresLookup(db: RegistryDatabase, ask: Ask, box: SecretBox): Required<RegistryStore> {
  const keySets = new Map<string, KeySet>()
  // Built once: to build them takes longer than PostgreSQL does to answer them.
  const byHost = prepareLookup(db)
  const byId = prepareLookupById(db)
  const blocked = prepareBlocked(db)

  function keysOf(row: Row): KeySet {
    const known = keySets.get(row.authVersion)
    const keys = known ?? createSecretKeySet(openSecrets(JSON.parse(row.secrets) as StoredSecret[], row, box))
    keySets.delete(row.authVersion)
    keySets.set(row.authVersion, keys)
    if (keySets.size > MAX_KEY_SETS) keySets.delete(keySets.keys().next().value as string)
    return keys
  }

  function found(row: Row): FoundProject {
    const { workspaceId, projectId, authVersion, hasBlockedUsers } = row
    const auth = read<StoredAuth>(row.auth)
    return {
      workspaceId,
      projectId,
      authVersion,
      hasBlockedUsers,
      limits: read<ProjectLimits>(row.limits),
      auth: auth.mode === 'jwt-secret' ? { ...auth, keys: keysOf(row) } : auth,
    }
  }

  return {
    async findProjectByHost(host) {
      if (!isHost(host)) return null
      const rows = await ask(() => byHost.execute({ host, wildcard: wildcardOf(host) ?? host }))
      const row = rows.find((one) => one.host === host) ?? rows[0]
      return row === undefined ? null : found(row)
    },

    async findProjectById(workspaceId, projectId) {
      if (!isId(workspaceId) || !isId(projectId)) return null
      const [row] = await ask(() => byId.execute({ workspaceId, projectId }))
      return row === undefined ? null : found(row)
    },

    async isUserBlocked(workspaceId, projectId, userId) {
      const digest = userDigest(userId)
      return (await ask(() => blocked.execute({ workspaceId, projectId, digest }))).length > 0
    },
  }
}

// A wildcard is not the name of a host, and NUL is no text for PostgreSQL.
function isHost(host: unknown): host is string {
  return typeof host === 'string' && host.length <= MAX_HOST && !/[*\0]/.test(host)
}

type Row = Awaited<ReturnType<ReturnType<typeof prepareLookupById>['execute']>>[number]

/** What every lookup reads of a project. */
// The shape is what the columns say.
// oxlint-disable-next-line typescript/explicit-function-return-type
function columnsOf(db: RegistryDatabase) {
  const someone = db
    .select({ one: sql`1` })
    .from(blockedUsers)
    .where(
      and(eq(blockedUsers.workspaceId, projects.workspaceId), eq(blockedUsers.projectId, projects.projectId)),
    )
  return {
    workspaceId: projects.workspaceId,
    projectId: projects.projectId,
    auth: projects.auth,
    secrets: projects.secrets,
    limits: projects.limits,
    authVersion: projects.authVersion,
    // Most projects have blocked nobody: those are spared the second question.
    hasBlockedUsers: sql<boolean>`${exists(someone)}`,
  }
}

// oxlint-disable-next-line typescript/explicit-function-return-type
function prepareLookup(db: RegistryDatabase) {
  return db
    .select({ host: hosts.host, ...columnsOf(db) })
    .from(hosts)
    .innerJoin(
      projects,
      and(eq(projects.workspaceId, hosts.workspaceId), eq(projects.projectId, hosts.projectId)),
    )
    .where(inArray(hosts.host, [sql.placeholder('host'), sql.placeholder('wildcard')]))
    .prepare(`${LOOKUP_NAME}_by_host`)
}

// oxlint-disable-next-line typescript/explicit-function-return-type
function prepareLookupById(db: RegistryDatabase) {
  return db
    .select(columnsOf(db))
    .from(projects)
    .where(
      and(
        eq(projects.workspaceId, sql.placeholder('workspaceId')),
        eq(projects.projectId, sql.placeholder('projectId')),
      ),
    )
    .prepare(`${LOOKUP_NAME}_by_id`)
}

// oxlint-disable-next-line typescript/explicit-function-return-type
function prepareBlocked(db: RegistryDatabase) {
  return db
    .select({ digest: blockedUsers.digest })
    .from(blockedUsers)
    .where(
      and(
        eq(blockedUsers.workspaceId, sql.placeholder('workspaceId')),
        eq(blockedUsers.projectId, sql.placeholder('projectId')),
        eq(blockedUsers.digest, sql.placeholder('digest')),
      ),
    )
    .prepare(`${LOOKUP_NAME}_blocked`)
}

function read<T>(text: string): T {
  try {
    return JSON.parse(text) as T
  } catch {
    throw new RegistryError('ERR_PROJECT_MISCONFIGURED', 'the stored configuration is damaged')
  }
}
