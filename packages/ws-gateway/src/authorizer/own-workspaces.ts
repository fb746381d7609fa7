import { GatewayError } from '../errors.ts'
import { readHost } from '../internal/host.ts'
import type { Authorizer, Grant, UpgradeRequest } from './authorizer.ts'

/** What {@link createOwnWorkspaces} needs. */
export interface OwnWorkspacesOptions {
  /** Asks for a project that takes machine clients; `host_unknown` where none answers. */
  askProject: Authorizer
  /** Hosts of the sessions that may be in a workspace of their own. */
  hosts(): Iterable<string>
  /** Some grants are over: whoever has them has to go. */
  onWithdrawn(): void
  /**
   * Whether there may be no control plane at all. Then a host about which none was ever asked successfully counts as one without a
   * project, until one says otherwise.
   */
  mayBeAlone: boolean
}

/** Machine clients at hosts where no project takes them: each is in the workspace of its namespace. */
export interface OwnWorkspaces {
  /**
   * The grant of the project that takes machine clients at the host of the request, or `own` where there is none.
   *
   * @throws GatewayError what such a project refuses with, and `control_plane_unavailable` when nothing is known
   */
  grantFor(request: UpgradeRequest, own: Grant): Promise<Grant>
  /** Projects may have come to hosts where there was none: asks, and withdraws the grants for which that is so. */
  lookAgain(): void
  close(): void
}

/** Hosts asked for lately that are remembered, for sessions that are about to open. */
const MAX_RECENT_HOSTS = 1000
/** Hosts with withdrawn grants. One more, and all grants that are older than the oldest are over. */
const MAX_WITHDRAWN_HOSTS = 10_000
const MAX_QUESTIONS = 16
const RETRY_MS = 1000

/**
 * Machine clients enter the project of the mode `machine` that answers at their host. Where there is none, they have a
 * workspace of their own, until one comes: then their sessions end, and they come back to where they belong. While the control
 * plane cannot be asked nobody enters anything, because a client must not land elsewhere for as long as an outage takes.
 */
export function createOwnWorkspaces(options: OwnWorkspacesOptions): OwnWorkspaces {
  const { askProject, hosts, onWithdrawn } = options
  let isAlone = options.mayBeAlone
  const recent = new Set<string>()
  /** Per host, up to which grant they are over. */
  const withdrawn = new Map<string, number>()
  /** Up to which grant they are over at every host. */
  let floor = 0
  let lastGrant = 0
  /** Hosts to be asked about. */
  const doubtful = new Set<string>()
  let asking: Promise<void> | undefined
  let retry: NodeJS.Timeout | undefined
  const closed = new AbortController()

  function withdraw(host: string): void {
    withdrawn.delete(host)
    withdrawn.set(host, lastGrant)
    for (const [oldest, upTo] of withdrawn) {
      if (withdrawn.size <= MAX_WITHDRAWN_HOSTS) break
      withdrawn.delete(oldest)
      floor = Math.max(floor, upTo)
    }
  }

  function remember(host: string): void {
    recent.delete(host)
    recent.add(host)
    for (const oldest of recent) {
      if (recent.size <= MAX_RECENT_HOSTS) break
      recent.delete(oldest)
    }
  }

  /** Whether a project takes machine clients at the host; undefined when that cannot be told. */
  async function isTaken(host: string): Promise<boolean | undefined> {
    try {
      await askProject({
        host,
        token: null,
        origin: null,
        clientAddress: '',
        path: '',
        headers: {},
        signal: closed.signal,
      })
      return true
    } catch (error) {
      if (!GatewayError.is(error) || error.statusCode >= 500) return undefined
      isAlone = false
      // It asks for a token: it is there.
      return error.code === 'unauthorized'
    }
  }

  async function askAll(): Promise<void> {
    for (let batch = take(); batch.length > 0; batch = take()) {
      // oxlint-disable-next-line no-await-in-loop -- no more questions at once
      const answers = await Promise.all(batch.map(isTaken))
      if (closed.signal.aborted) return
      const taken = batch.filter((_host, index) => answers[index] === true)
      for (const host of taken) withdraw(host)
      if (taken.length > 0) onWithdrawn()
      const unknown = batch.filter((_host, index) => answers[index] === undefined)
      if (unknown.length === 0) continue
      for (const host of unknown) doubt(host)
      return
    }
  }

  /** Asks about a host until somebody answers. */
  function doubt(host: string): void {
    doubtful.add(host)
    // Hosts with sessions are asked about in any case once a control plane is heard.
    for (const oldest of doubtful) {
      if (doubtful.size <= MAX_RECENT_HOSTS) break
      doubtful.delete(oldest)
    }
    retry ??= setTimeout(begin, RETRY_MS).unref()
  }

  function take(): string[] {
    const batch = [...doubtful].slice(0, MAX_QUESTIONS)
    for (const host of batch) doubtful.delete(host)
    return batch
  }

  function begin(): void {
    clearTimeout(retry)
    retry = undefined
    if (closed.signal.aborted) return
    asking ??= askAll().finally(() => {
      asking = undefined
      // What was added since the last batch was taken.
      if (doubtful.size > 0 && retry === undefined) begin()
    })
  }

  return {
    async grantFor(request, own) {
      const host = hostKey(request.host)
      remember(host)
      lastGrant += 1
      const number = lastGrant
      try {
        const project = await askProject(request)
        isAlone = false
        return both(project, own)
      } catch (error) {
        if (!GatewayError.is(error)) throw error
        const isAway = error.statusCode >= 500
        if (!isAway) isAlone = false
        if (isAway ? !isAlone : error.code !== 'host_unknown') throw error
        if (isAway) doubt(host)
      }
      const isWithdrawn = (): boolean => number <= floor || number <= (withdrawn.get(host) ?? 0)
      return { ...own, isRevoked: () => isWithdrawn() || own.isRevoked?.() === true }
    },
    lookAgain() {
      if (closed.signal.aborted) return
      for (const host of recent) doubtful.add(host)
      for (const host of hosts()) doubtful.add(hostKey(host))
      if (doubtful.size > 0) begin()
    },
    close() {
      closed.abort()
      clearTimeout(retry)
    },
  }
}

/** What the project grants, for as long as the token does. */
function both(project: Grant, own: Grant): Grant {
  const ends = [project.expiresAtMs, own.expiresAtMs].filter((end) => end !== undefined)
  return {
    ...project,
    ...(ends.length > 0 && { expiresAtMs: Math.min(...ends) }),
    isRevoked: () => own.isRevoked?.() === true || (project.isRevoked?.() ?? false),
  }
}

/** Without port and in one spelling. What is no host is its own key. */
function hostKey(host: string): string {
  return readHost(host) ?? host
}
