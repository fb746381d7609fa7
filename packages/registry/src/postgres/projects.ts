import { and, asc, eq, gt } from 'drizzle-orm'
import { RegistryError } from '../errors.ts'
import {
  invalidRequest,
  isId,
  newProjectSchema,
  projectChangesSchema,
  readInput,
} from '../management/inputs.ts'
import type { ChangeOf, NewProject, ProjectChanges, Projects } from '../management/managed-store.ts'
import { pageOf, readPage } from '../management/pages.ts'
import type { ChangeAction, ProjectKey, ProjectRecord } from '../management/records.ts'
import { secretSchema } from '../project/project-schema.ts'
import type { SecretBox } from '../secret/secret-box.ts'
import { claimAnchors, claimHosts, normalizeHosts } from './claims.ts'
import type { Ask } from './ask-database.ts'
import {
  existingProject,
  isProject,
  recordOf,
  selectProject,
  type StoredProject,
  withHosts,
} from './project-rows.ts'
import type { RegistryDatabase } from './registry-database.ts'
import { assertRoom } from './scope.ts'
import { anchorsOf, type AuthColumns, changeAuth, openSecrets, sealSecret, storeAuth } from './stored-auth.ts'
import { projects } from './tables.ts'
import { assertVersion, newVersion } from './version.ts'
import { existing } from './workspaces.ts'
import type { Effect, Write, Writing } from './write.ts'

/** Of one workspace. A file that is imported may name more. */
const MAX_PROJECTS = { max: 1000, what: 'projects' }
/** The one that signs, and the one before or after it. */
const MAX_SECRETS = 2

/** What a change makes of a project; what is absent stays. */
type Next = Partial<Pick<StoredProject, 'name' | 'hosts' | 'limits'> & { authColumns: AuthColumns }>

/** The projects of a database. */
export function postgresProjects(db: RegistryDatabase, ask: Ask, write: Write, box: SecretBox): Projects {
  /** Changes what is there, when it is still what was read. */
  const change = (
    key: ProjectKey,
    origin: ChangeOf,
    action: ChangeAction,
    next: (before: StoredProject, now: number) => Next,
  ): Promise<ProjectRecord> =>
    write(origin, async (writing) => {
      const before = await existingProject(writing.tx, key)
      assertVersion(before, origin)
      return replaceProject(writing, box, before, next(before, writing.now), action)
    })

  return Object.freeze({
    async create(input, origin) {
      const project = readInput(newProjectSchema, input)
      assertSecretCount(project)
      return write(origin, async (writing) => {
        const ofWorkspace = eq(projects.workspaceId, project.workspaceId)
        await assertRoom(writing.tx, projects, ofWorkspace, MAX_PROJECTS)
        return insertProject(writing, box, project)
      })
    },

    async find(key) {
      const found = await ask(() => selectProject(db, key))
      return found && recordOf(found)
    },

    async list(workspaceId, page = {}) {
      const { limit, after } = readPage(page, isId)
      if (!isId(workspaceId)) return { items: [], next: null }
      const rows = await ask(async () =>
        withHosts(
          db,
          await db
            .select()
            .from(projects)
            .where(
              and(
                eq(projects.workspaceId, workspaceId),
                after === null ? undefined : gt(projects.projectId, after),
              ),
            )
            .orderBy(asc(projects.projectId))
            .limit(limit + 1),
        ),
      )
      return pageOf(rows, limit, (row) => row.projectId, recordOf)
    },

    async update(key, input, origin) {
      const changes = readInput(projectChangesSchema, input)
      assertSecretCount(changes)
      const { name, limits, auth } = changes
      const hosts = changes.hosts && normalizeHosts(changes.hosts)
      return change(key, origin, 'project.updated', (before, now) => ({
        ...(name !== undefined && { name }),
        ...(limits !== undefined && { limits }),
        ...(hosts !== undefined && { hosts }),
        ...(auth !== undefined && { authColumns: changeAuth(auth, before, before, box, now) }),
      }))
    },

    async delete(key, origin) {
      await write(origin, async ({ tx, record }) => {
        const before = await existingProject(tx, key)
        assertVersion(before, origin)
        // Its hosts and anchors go with it.
        await tx.delete(projects).where(isProject(before))
        await record({
          action: 'project.deleted',
          workspaceId: before.workspaceId,
          projectId: before.projectId,
          before: recordOf(before),
          after: null,
          effects: [{ ...effectOf(before, 'deleted'), hosts: [] }],
        })
      })
    },

    async addSecret(key, secret, origin) {
      const text = readInput(secretSchema, secret)
      return change(key, origin, 'project.secret_added', (before, now) => {
        const secrets = secretsOf(before)
        if (secrets.length >= MAX_SECRETS) {
          throw new RegistryError('ERR_SECRET_COUNT', `a project has at most ${MAX_SECRETS} secrets`)
        }
        if (openSecrets(secrets, before, box).includes(text)) {
          throw invalidRequest('$ is a secret that the project has already')
        }
        const added = sealSecret(text, before, box, now)
        return { authColumns: { auth: before.auth, secrets: [added, ...secrets] } }
      })
    },

    async removeSecret(key, secretId, origin) {
      return change(key, origin, 'project.secret_removed', (before) => {
        const secrets = secretsOf(before)
        const left = secrets.filter((one) => one.secretId !== secretId)
        if (left.length === secrets.length) {
          throw new RegistryError('ERR_SECRET_UNKNOWN', 'the project has no such secret')
        }
        if (left.length === 0) {
          throw new RegistryError('ERR_SECRET_COUNT', 'the last secret of a project is not removed')
        }
        return { authColumns: { auth: before.auth, secrets: left } }
      })
    },
  } satisfies Projects)
}

/** @throws RegistryError `ERR_WORKSPACE_UNKNOWN`, `ERR_ID_TAKEN`, `ERR_HOST_TAKEN`, `ERR_PROJECTS_OVERLAP` */
export async function insertProject(
  { tx, now, record }: Writing,
  box: SecretBox,
  input: NewProject,
): Promise<ProjectRecord> {
  const { workspaceId, projectId, name = projectId, limits = {} } = input
  await existing(tx, workspaceId)
  if ((await selectProject(tx, input)) !== null) {
    throw new RegistryError('ERR_ID_TAKEN', `there is a project ${projectId} already`)
  }
  const project: StoredProject = {
    workspaceId,
    projectId,
    name,
    hosts: normalizeHosts(input.hosts),
    ...storeAuth(input.auth, input, box, now),
    limits,
    authVersion: newVersion(),
    version: newVersion(),
    createdAtMs: now,
    updatedAtMs: now,
  }
  await tx.insert(projects).values({ workspaceId, projectId, createdAt: now, ...columnsOf(project) })
  await claimHosts(tx, project, project.hosts)
  await claimAnchors(tx, project, project.auth, anchorsOf(project, project, box))
  const after = recordOf(project)
  await record({
    action: 'project.created',
    workspaceId,
    projectId,
    before: null,
    after,
    effects: [{ ...effectOf(project, 'hosts'), addedHosts: project.hosts.filter(isExact) }],
  })
  return after
}

async function replaceProject(
  { tx, now, record }: Writing,
  box: SecretBox,
  before: StoredProject,
  { authColumns, ...next }: Next,
  action: ChangeAction,
): Promise<ProjectRecord> {
  const { workspaceId, projectId } = before
  const changed: StoredProject = { ...before, ...next, ...authColumns }
  const isAuthChanged = !isSame([before.auth, before.secrets], [changed.auth, changed.secrets])
  const areHostsChanged = !isSame(before.hosts, changed.hosts)
  const areLimitsChanged = !isSame(before.limits, changed.limits)
  if (before.name === changed.name && !areLimitsChanged && !isAuthChanged && !areHostsChanged) {
    return recordOf(before)
  }
  const project: StoredProject = {
    ...changed,
    version: newVersion(),
    authVersion: isAuthChanged ? newVersion() : before.authVersion,
    updatedAtMs: now,
  }
  await tx.update(projects).set(columnsOf(project)).where(isProject(before))
  if (areHostsChanged) await claimHosts(tx, project, project.hosts)
  if (isAuthChanged) await claimAnchors(tx, project, project.auth, anchorsOf(project, project, box))
  const after = recordOf(project)
  await record({
    action,
    workspaceId,
    projectId,
    before: recordOf(before),
    after,
    effects: effectsOf(before, project, { isAuthChanged, areHostsChanged, areLimitsChanged }),
  })
  return after
}

/** What sessions that are open feel of a change. */
function effectsOf(
  before: StoredProject,
  after: StoredProject,
  what: { isAuthChanged: boolean; areHostsChanged: boolean; areLimitsChanged: boolean },
): Effect[] {
  const effects: Effect[] = []
  if (what.areHostsChanged) {
    const had = new Set(before.hosts)
    const addedHosts = after.hosts.filter((host) => !had.has(host) && isExact(host))
    effects.push({ ...effectOf(after, 'hosts'), addedHosts })
  }
  // Nobody has to go because one secret more is good. Who is asked about again hears of new limits, too.
  if (what.isAuthChanged && !isSecretAdded(before, after)) effects.push(effectOf(after, 'admission'))
  else if (what.areLimitsChanged) effects.push(effectOf(after, 'limits'))
  return effects
}

function effectOf({ workspaceId, projectId, hosts }: StoredProject, kind: Effect['kind']): Effect {
  return { kind, workspaceId, projectId, hosts: [...hosts], addedHosts: [], userId: null }
}

function isSecretAdded(before: StoredProject, after: StoredProject): boolean {
  const left = new Set(after.secrets.map(({ secretId }) => secretId))
  return isSame(before.auth, after.auth) && before.secrets.every(({ secretId }) => left.has(secretId))
}

function isExact(host: string): boolean {
  return !host.startsWith('*')
}

function columnsOf(
  project: StoredProject,
): Omit<typeof projects.$inferInsert, 'workspaceId' | 'projectId' | 'createdAt'> {
  return {
    name: project.name,
    auth: JSON.stringify(project.auth),
    secrets: JSON.stringify(project.secrets),
    limits: JSON.stringify(project.limits),
    authVersion: project.authVersion,
    version: project.version,
    updatedAt: project.updatedAtMs,
  }
}

function secretsOf({ auth, secrets }: AuthColumns): AuthColumns['secrets'] {
  if (auth.mode !== 'jwt-secret') throw invalidRequest('the project is not in the mode jwt-secret')
  return secrets
}

/** Of what a person asks for; a file may name more. */
function assertSecretCount({ auth }: NewProject | ProjectChanges): void {
  if (auth?.mode === 'jwt-secret' && Array.isArray(auth.secret) && auth.secret.length > MAX_SECRETS) {
    throw invalidRequest(`$.auth.secret must be at most ${MAX_SECRETS} secrets`)
  }
}

function isSame(one: unknown, other: unknown): boolean {
  return JSON.stringify(one) === JSON.stringify(other)
}
