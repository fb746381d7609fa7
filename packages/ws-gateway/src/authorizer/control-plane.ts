import { Agent } from 'undici'
import { GatewayError } from '../errors.ts'
import { readHost } from '../internal/host.ts'
import { askControlPlane, type ControlPlaneLine } from './ask-control-plane.ts'
import type { Authorizer } from './authorizer.ts'
import { Circuits } from './circuits.ts'
import { type ControlPlaneAuthorizerOptions, controlPlaneSettings } from './control-plane-settings.ts'
import { Decisions } from './decisions.ts'
import { assertProjectChange, type ProjectChange } from './project-change.ts'

/** What the authorizer holds and did. */
export interface ControlPlaneAuthorizerStats {
  /** Questions sent to the control plane. */
  asked: number
  /** Decisions that were made without a question, by what was kept. */
  cacheHits: number
  /** Questions under way. */
  pending: number
  cachedGrants: number
  cachedRefusals: number
  /** `open`: the control plane failed, and is not asked. `half-open`: it is due to be tried, or is being tried. */
  circuit: 'closed' | 'open' | 'half-open'
}

export interface ControlPlaneAuthorizer {
  authorize: Authorizer
  /**
   * Heeds a change: what was kept and is concerned by it is asked again, and so are questions under way. `isRevoked` of the
   * grants that it ends says yes from now on, so call `gateway.closeRevoked()` next: their sessions are
   * closed with 4401 `grant_withdrawn`, and clients that come back are decided on anew.
   *
   * Ended are, with `admission` and `deleted`, the grants of the project; with `user`, those of the user; with `hosts`,
   * those of the project at hosts that it has no more, and those of other projects at `addedHosts`; with `limits`, none.
   *
   * @throws TypeError when it is no change
   */
  apply(change: ProjectChange): void
  /** For when changes may have been missed: everything that was granted or refused is over. As `apply` otherwise. */
  applyAll(): void
  stats(): ControlPlaneAuthorizerStats
  /** Closes the kept connections. Idempotent. */
  close(): Promise<void>
}

const MAX_ANSWER_BYTES = 64 * 1024

/**
 * Asks a control plane: `POST /api/registry/authorize` with `{host, token?, mode?}`. Its 400, 401, 403 and 404 refuse the
 * upgrade with the same status and its `code`; anything else, and no answer in time, refuses it with 503.
 *
 * Answers are kept for a while, by host and SHA-256 of the token, and a question is asked once for all who have it. While
 * the control plane fails it is left alone; what is kept goes on to be used.
 *
 * @throws TypeError naming the option
 */
export function controlPlaneAuthorizer(options: ControlPlaneAuthorizerOptions): ControlPlaneAuthorizer {
  const settings = controlPlaneSettings(options)
  const { url, internalToken, timeoutMs, mode } = settings
  const circuits = new Circuits({ failures: settings.circuitFailures, openMs: settings.circuitOpenMs })
  const dispatcher = new Agent({
    connections: settings.maxConnections,
    headersTimeout: timeoutMs,
    bodyTimeout: timeoutMs,
    // Before the question itself is late, so that it is known what was: the whole control plane, or one answer.
    connectTimeout: Math.ceil(timeoutMs / 2),
    maxResponseSize: MAX_ANSWER_BYTES,
  })
  const headers = { authorization: `Bearer ${internalToken}`, 'content-type': 'application/json' }
  const line: ControlPlaneLine = { url, headers, dispatcher, timeoutMs, mode }

  let asked = 0
  let closing: Promise<void> | undefined
  const decisions = new Decisions(settings, (question, signal) =>
    circuits.run(readHost(question.host) ?? '', () => {
      asked += 1
      return askControlPlane(line, question, signal)
    }),
  )

  return {
    apply(change) {
      assertProjectChange(change)
      decisions.apply(change)
    },
    applyAll: () => decisions.applyAll(),
    stats: () => ({ asked, ...decisions.counts, circuit: circuits.state() }),
    close() {
      decisions.clear()
      return (closing ??= dispatcher.close())
    },
    async authorize({ host, token, signal }) {
      if (closing) throw new GatewayError('control_plane_unavailable', 'this gateway is shutting down')
      return await decisions.decide({ host, token }, signal)
    },
  }
}
