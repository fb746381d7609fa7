import { matchesHost } from '../internal/host.ts'

/** What changed about a project, and is in force. */
export interface ProjectChange {
  readonly workspaceId: string
  /** Null: every project of the workspace. */
  readonly projectId: string | null
  /**
   * `admission`: who may enter, and how they prove it · `hosts`: where it is reached · `user`: one user of it may not enter
   * any more, or may again · `limits`: what its clients may use · `deleted`: it is gone. Any other counts as `admission`.
   */
  readonly kind: 'admission' | 'hosts' | 'user' | 'limits' | 'deleted'
  /** Of `hosts`: all patterns that the project has now. `*.` stands for exactly one label. */
  readonly hosts: readonly string[]
  /** Of `hosts`: the exact hosts among them that it did not have before. */
  readonly addedHosts: readonly string[]
  /** Of `user`; null: every user. */
  readonly userId: string | null
}

/** For whom something was granted, and where. */
export interface GrantSubject {
  readonly workspaceId: string
  readonly projectId: string
  readonly userId: string | null
  /** Normalised; null for one that has no such form. */
  readonly host: string | null
}

/** What a change does to a grant: nothing, have the next one asked for, or end it. */
export type ChangeEffect = 'none' | 'outdates' | 'ends'

export function effectOf(change: ProjectChange, subject: GrantSubject): ChangeEffect {
  if (!isOfProject(change, subject)) return takesHost(change, subject) ? 'ends' : 'none'
  const { kind, userId, hosts } = change
  if (kind === 'limits') return 'outdates'
  if (kind === 'user' && userId !== null && userId !== subject.userId) return 'none'
  if (kind === 'hosts' && subject.host !== null && matchesHost(hosts, subject.host)) return 'none'
  // Also for a kind that a newer control plane knows: to ask once too often harms nobody.
  return 'ends'
}

/** Whether another project has the host now: an exact host goes before a wildcard. */
function takesHost({ kind, addedHosts }: ProjectChange, { host }: GrantSubject): boolean {
  if (kind !== 'hosts') return false
  // A host of odd spelling may be any of them.
  return host === null ? addedHosts.length > 0 : addedHosts.includes(host)
}

/** @throws TypeError when it is no change */
export function assertProjectChange(value: ProjectChange): void {
  const { workspaceId, projectId, kind, hosts, addedHosts, userId } = (value ?? {}) as Partial<ProjectChange>
  const isChange =
    typeof workspaceId === 'string' &&
    isTextOrNull(projectId) &&
    typeof kind === 'string' &&
    Array.isArray(hosts) &&
    Array.isArray(addedHosts) &&
    isTextOrNull(userId)
  if (!isChange) throw new TypeError('"change" must be a change of a project')
}

function isOfProject({ workspaceId, projectId }: ProjectChange, subject: GrantSubject): boolean {
  return workspaceId === subject.workspaceId && (projectId === null || projectId === subject.projectId)
}

function isTextOrNull(value: unknown): boolean {
  return value === null || typeof value === 'string'
}
