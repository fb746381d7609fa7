import type { FleetSession } from '../session/fleet-session.ts'

/** Between two parts, so that nobody's buffer has to hold all of them: 10 MB/s. */
const PART_PAUSE_MS = 25

/** What a snapshot is about, and how each of it stands when its turn comes, as JSON: what went on since it began was told already. */
export interface SnapshotSource {
  /** Those that were open when the snapshot began. */
  readonly sessions: readonly FleetSession[]
  /** Names of the projects that were counted then. */
  readonly projects: readonly string[]
  /** Undefined when it has been closed since: it must not come back with a later part. */
  sessionNow: (session: FleetSession) => string | undefined
  /** Undefined when it has been forgotten since. */
  projectNow: (name: string) => string | undefined
  /** Bytes of a part without its head. */
  room: () => number
  /** Takes the members of a frame. */
  send: (members: string) => void
  /** Called after the last part. */
  onEnd: () => void
}

/** Tells everything that a gateway has, in as many frames as it takes, and at least one. */
export class SnapshotTeller {
  readonly #source: SnapshotSource
  #timer: NodeJS.Timeout | undefined

  constructor(source: SnapshotSource) {
    this.#source = source
  }

  start(): void {
    this.#tell(0, 0)
  }

  stop(): void {
    clearTimeout(this.#timer)
  }

  #tell(from: number, index: number): void {
    const { sessions, projects, room, send, onEnd } = this.#source
    const most = room()
    const told: { sessions: string[]; projects: string[] } = { sessions: [], projects: [] }
    const end = sessions.length + projects.length
    let bytes = 0
    let next = from
    for (; next < end; next += 1) {
      const json = this.#now(next)
      if (json === undefined) continue
      const size = Buffer.byteLength(json) + 1
      if (size > most) continue
      if (bytes + size > most) break
      told[next < sessions.length ? 'sessions' : 'projects'].push(json)
      bytes += size
    }
    const isLast = next === end
    send(
      `"kind":"snapshot","index":${index},"isLast":${isLast},"sessions":[${told.sessions.join(',')}],"projects":[${told.projects.join(',')}]`,
    )
    if (isLast) onEnd()
    else this.#timer = setTimeout(() => this.#tell(next, index + 1), PART_PAUSE_MS).unref()
  }

  #now(place: number): string | undefined {
    const { sessions, projects, sessionNow, projectNow } = this.#source
    const session = sessions[place]
    return session ? sessionNow(session) : projectNow(projects[place - sessions.length] ?? '')
  }
}
