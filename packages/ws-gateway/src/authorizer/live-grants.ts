import { effectOf, type GrantSubject, type ProjectChange } from './project-change.ts'

/** What has become of a grant, for everybody who holds it. */
export interface GrantState extends GrantSubject {
  /** Over: sessions that have it are to be closed. */
  isWithdrawn: boolean
  /** Not to be handed out any more. */
  isOutdated: boolean
}

/**
 * The grants that somebody still holds, be it a session, an upgrade or a cache. Nobody tells when a session lets go of its
 * grant, so they are held weakly: there are never more than are in use, and those that wait for the garbage collector.
 */
export class LiveGrants {
  readonly #byProject = new Map<string, Set<WeakRef<GrantState>>>()
  readonly #collected = new FinalizationRegistry<{ project: string; ref: WeakRef<GrantState> }>(
    ({ project, ref }) => this.#forget(project, ref),
  )

  /** How many there are, those that wait for the garbage collector included. */
  get size(): number {
    return [...this.#byProject.values()].reduce((sum, refs) => sum + refs.size, 0)
  }

  add(subject: GrantSubject): GrantState {
    const { workspaceId, projectId, userId, host } = subject
    const state: GrantState = { workspaceId, projectId, userId, host, isWithdrawn: false, isOutdated: false }
    const project = `${workspaceId}.${projectId}`
    const ref = new WeakRef(state)
    const refs = this.#byProject.get(project)
    if (refs) refs.add(ref)
    else this.#byProject.set(project, new Set([ref]))
    this.#collected.register(state, { project, ref })
    return state
  }

  apply(change: ProjectChange): void {
    for (const state of this.#concerned(change)) {
      const effect = effectOf(change, state)
      if (effect === 'none') continue
      state.isOutdated = true
      if (effect === 'ends') state.isWithdrawn = true
    }
  }

  withdrawAll(): void {
    for (const state of this.#all()) {
      state.isOutdated = true
      state.isWithdrawn = true
    }
  }

  /** All that a change can concern, and maybe others. */
  #concerned({ workspaceId, projectId, addedHosts }: ProjectChange): Iterable<GrantState> {
    if (projectId === null || addedHosts.length > 0) return this.#all()
    return held(this.#byProject.get(`${workspaceId}.${projectId}`) ?? [])
  }

  *#all(): Generator<GrantState> {
    for (const refs of this.#byProject.values()) yield* held(refs)
  }

  #forget(project: string, ref: WeakRef<GrantState>): void {
    const refs = this.#byProject.get(project)
    refs?.delete(ref)
    if (refs?.size === 0) this.#byProject.delete(project)
  }
}

function* held(refs: Iterable<WeakRef<GrantState>>): Generator<GrantState> {
  for (const ref of refs) {
    const state = ref.deref()
    if (state) yield state
  }
}
