import type { Scope } from '@portcullis/transport'
import { ProjectCounts } from './project-counts.ts'
import type { ProjectCounters } from './project-counters.ts'

/**
 * The counts of the projects that have sessions, and of some that had: there are as many as sessions may be open, and
 * `maxIdle`.
 */
export class Projects {
  readonly #maxIdle: number
  readonly #projects = new Map<string, ProjectCounts>()
  /** Without a session, the one that was left first at the front. */
  readonly #idle = new Set<string>()

  constructor(maxIdle: number) {
    this.#maxIdle = maxIdle
  }

  /** The counts of a project, for a session that is about to open. */
  of({ workspaceId, projectId }: Scope): ProjectCounts {
    const key = `${workspaceId}.${projectId}`
    const known = this.#projects.get(key)
    if (known) return known
    const counts = new ProjectCounts(workspaceId, projectId)
    this.#projects.set(key, counts)
    this.#rest(key)
    return counts
  }

  opened(counts: ProjectCounts): void {
    counts.connections += 1
    this.#idle.delete(counts.key)
  }

  closed(counts: ProjectCounts): void {
    counts.connections -= 1
    if (counts.connections === 0) this.#rest(counts.key)
  }

  *counters(): Generator<ProjectCounters> {
    for (const counts of this.#projects.values()) yield counts.read()
  }

  #rest(key: string): void {
    this.#idle.add(key)
    if (this.#idle.size <= this.#maxIdle) return
    for (const first of this.#idle) {
      this.#idle.delete(first)
      this.#projects.delete(first)
      return
    }
  }
}
