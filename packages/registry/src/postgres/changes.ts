import { and, asc, eq, exists, gt, lte, max, sql, sum } from 'drizzle-orm'
import type { RegistryChange, RegistryChanges } from '../management/managed-store.ts'
import type { Ask } from './ask-database.ts'
import type { RegistryDatabase } from './registry-database.ts'
import { changes, hosts } from './tables.ts'

/** Most changes of one answer. */
const MAX_CHANGES = 1000
/** Most hosts of one answer, over all its changes. */
const MAX_HOSTS = 10_000
/** Longest text that the hosts gained may be together, before they are read. */
const MAX_ADDED_CHARACTERS = 1_000_000

/** The changes that open sessions feel, of a database. */
export function postgresChanges(db: RegistryDatabase, ask: Ask): RegistryChanges {
  return Object.freeze({
    latest: () => ask(() => latestSequence(db)),

    async since(sequence) {
      if (!Number.isSafeInteger(sequence) || sequence < 0) return null
      return ask(() => changesAfter(db, sequence))
    },
  } satisfies RegistryChanges)
}

async function latestSequence(db: RegistryDatabase): Promise<number> {
  const [row] = await db.select({ latest: max(changes.sequence) }).from(changes)
  return row?.latest ?? 0
}

async function changesAfter(db: RegistryDatabase, sequence: number): Promise<RegistryChange[] | null> {
  const latest = await latestSequence(db)
  if (latest === sequence) return []
  // A number that was never given is of another database, or of this one before it was restored.
  if (latest < sequence || latest - sequence > MAX_CHANGES) return null
  const missed = and(gt(changes.sequence, sequence), lte(changes.sequence, latest))
  const [size] = await db
    .select({ characters: sum(sql`length(${changes.addedHosts})`) })
    .from(changes)
    .where(missed)
  if (Number(size?.characters ?? 0) > MAX_ADDED_CHARACTERS) return null
  const rows = await db.select().from(changes).where(missed).orderBy(asc(changes.sequence))
  if (rows.length < latest - sequence) return null
  const present = await hostsOf(db, missed)
  if (present === null) return null
  const found = rows.map(({ addedHosts, userId, ...row }) => ({
    ...row,
    hosts: present.get(nameOf(row)) ?? [],
    addedHosts: JSON.parse(addedHosts) as string[],
    userId: userId === null ? null : (JSON.parse(userId) as string),
  }))
  const total = found.reduce((all, one) => all + one.hosts.length + one.addedHosts.length, 0)
  return total > MAX_HOSTS ? null : found
}

/** The hosts that the projects of some changes have now. */
async function hostsOf(
  db: RegistryDatabase,
  missed: ReturnType<typeof and>,
): Promise<Map<string, string[]> | null> {
  const ofProject = db
    .select({ one: sql`1` })
    .from(changes)
    .where(and(missed, eq(changes.workspaceId, hosts.workspaceId), eq(changes.projectId, hosts.projectId)))
  const rows = await db
    .select({ host: hosts.host, workspaceId: hosts.workspaceId, projectId: hosts.projectId })
    .from(hosts)
    .where(exists(ofProject))
    .orderBy(asc(hosts.workspaceId), asc(hosts.projectId), asc(hosts.position))
    .limit(MAX_HOSTS + 1)
  if (rows.length > MAX_HOSTS) return null
  const byProject = new Map<string, string[]>()
  for (const row of rows) {
    const list = byProject.get(nameOf(row)) ?? []
    list.push(row.host)
    byProject.set(nameOf(row), list)
  }
  return byProject
}

function nameOf({ workspaceId, projectId }: { workspaceId: string; projectId: string }): string {
  return `${workspaceId}/${projectId}`
}
