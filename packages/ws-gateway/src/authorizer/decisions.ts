import { createHash } from 'node:crypto'
import { GatewayError } from '../errors.ts'
import { readHost } from '../internal/host.ts'
import type { Answer, Question, Refusal } from './ask-control-plane.ts'
import type { Grant } from './authorizer.ts'
import { ChangeWatches } from './change-watch.ts'
import { DecisionCache } from './decision-cache.ts'
import { Flights } from './flights.ts'
import { type GrantState, LiveGrants } from './live-grants.ts'
import type { GrantSubject, ProjectChange } from './project-change.ts'

export interface DecisionSettings {
  readonly grantCacheMs: number
  readonly refusalCacheMs: number
  readonly maxCacheEntries: number
  readonly maxCacheBytes: number
  readonly maxPending: number
}

interface KeptGrant {
  readonly grant: Grant
  readonly state: GrantState
}

type Decision = { readonly kept: KeptGrant } | { readonly refusal: Refusal }

/** How often a question is asked when changes keep coming. */
const MAX_ASKED = 3

/** Decides by what is kept, and asks once for all who want to know the same. */
export class Decisions {
  readonly #ask: (question: Question, signal: AbortSignal) => Promise<Answer>
  readonly #grants: DecisionCache<KeptGrant>
  readonly #refusals: DecisionCache<Refusal>
  readonly #flights: Flights<Decision>
  readonly #live = new LiveGrants()
  readonly #watches = new ChangeWatches()
  #hits = 0

  constructor(settings: DecisionSettings, ask: (question: Question, signal: AbortSignal) => Promise<Answer>) {
    const { maxCacheEntries: maxEntries, maxCacheBytes: maxBytes } = settings
    this.#ask = ask
    this.#grants = new DecisionCache({ ttlMs: settings.grantCacheMs, maxEntries, maxBytes })
    this.#refusals = new DecisionCache({ ttlMs: settings.refusalCacheMs, maxEntries, maxBytes })
    this.#flights = new Flights(settings.maxPending)
  }

  get counts(): { cacheHits: number; pending: number; cachedGrants: number; cachedRefusals: number } {
    return {
      cacheHits: this.#hits,
      pending: this.#flights.size,
      cachedGrants: this.#grants.size,
      cachedRefusals: this.#refusals.size,
    }
  }

  /** @throws GatewayError and nothing else */
  async decide(question: Question, signal: AbortSignal): Promise<Grant> {
    const host = readHost(question.host)
    const key = keyOf(host ?? question.host, question.token)
    const kept = this.#kept(key)
    if (kept) this.#hits += 1
    const decision =
      kept ??
      (await this.#flights.join(key, signal, (interrupt) => this.#askFor(question, host, key, interrupt)))
    if ('kept' in decision) return decision.kept.grant
    const { code, message, peerCode } = decision.refusal
    throw new GatewayError(code, message, { peerCode })
  }

  apply(change: ProjectChange): void {
    this.#watches.apply(change)
    this.#live.apply(change)
    // What was refused may be granted now, and nothing tells for whom.
    this.#refusals.clear()
  }

  applyAll(): void {
    this.#watches.applyAll()
    this.#live.withdrawAll()
    this.clear()
  }

  clear(): void {
    this.#grants.clear()
    this.#refusals.clear()
  }

  #kept(key: string): Decision | undefined {
    const now = performance.now()
    const kept = this.#grants.get(key, now)
    if (kept) {
      if (!kept.state.isOutdated && !isExpired(kept.grant)) return { kept }
      this.#grants.delete(key)
    }
    const refusal = this.#refusals.get(key, now)
    return refusal && { refusal }
  }

  async #askFor(
    question: Question,
    host: string | null,
    key: string,
    signal: AbortSignal,
  ): Promise<Decision> {
    for (let asked = 1; ; asked += 1) {
      const watch = this.#watches.watch()
      let answer: Answer
      try {
        answer = await this.#ask(question, signal)
      } finally {
        watch.stop()
      }
      if (answer.kind === 'fault') throw answer.error
      // From here to where it is kept nothing may be awaited: a change in between would be missed.
      if (answer.kind === 'grant') {
        const subject: GrantSubject = { ...idsOf(answer.grant), host }
        if (!watch.concerns(subject)) return { kept: this.#keep(key, answer.grant, subject, answer.bytes) }
        if (asked >= MAX_ASKED) {
          throw new GatewayError('control_plane_unavailable', 'the project is being changed')
        }
      } else if (!watch.isTouched || asked >= MAX_ASKED) {
        const { refusal, bytes } = answer
        // The last of several may be of before a change: it is told, and not kept.
        if (!watch.isTouched) this.#refusals.set(key, refusal, key.length + bytes, performance.now())
        return { refusal }
      }
      signal.throwIfAborted()
    }
  }

  #keep(key: string, answered: Grant, subject: GrantSubject, bytes: number): KeptGrant {
    const state = this.#live.add(subject)
    // One for all its sessions, so that nobody changes what others have.
    const grant = deepFreeze<Grant>({
      ...answered,
      isRevoked: () => state.isWithdrawn,
      revokedCode: 'grant_withdrawn',
    })
    const kept = { grant, state }
    const lifeMs = grant.expiresAtMs === undefined ? undefined : grant.expiresAtMs - Date.now()
    this.#grants.set(key, kept, key.length + bytes, performance.now(), lifeMs)
    return kept
  }
}

/** Names a decision, without anything of the token in it. */
function keyOf(host: string, token: string | null): string {
  const name = token === null ? '-' : createHash('sha256').update(token).digest('base64url')
  // The host last: one that was sent with odd characters must not pass for another's token.
  return `${name} ${host}`
}

function idsOf({ workspaceId, projectId, userId }: Grant): Omit<GrantSubject, 'host'> {
  return { workspaceId, projectId, userId }
}

function isExpired({ expiresAtMs }: Grant): boolean {
  return expiresAtMs !== undefined && expiresAtMs <= Date.now()
}

/** Without recursion: how deep claims are nested is up to whoever signs tokens. */
function deepFreeze<Value extends object>(value: Value): Value {
  const waiting: object[] = [value]
  for (let at = waiting.pop(); at !== undefined; at = waiting.pop()) {
    Object.freeze(at)
    for (const member of Object.values(at) as unknown[]) {
      if (typeof member === 'object' && member !== null) waiting.push(member)
    }
  }
  return value
}
