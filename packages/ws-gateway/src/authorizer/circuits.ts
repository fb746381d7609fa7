import { GatewayError } from '../errors.ts'
import { Circuit, type CircuitOptions } from './circuit.ts'

/**
 * What an attempt says. `answered`: the control plane is there · `failed`: it is not · `failed-here`: it is, and has no
 * answer for this host · `late`: it has none for this host in time, and may have for others · `unknown`: nobody waited.
 */
export type Outcome = 'answered' | 'failed' | 'failed-here' | 'late' | 'unknown'

/** Most hosts whose failures are counted; what is forgotten is only tried once more. */
const MAX_HOSTS = 1000

/**
 * One circuit for the control plane, and one for each host that it fails for: a tenant whose identity provider answers
 * slowly must not lock out the others.
 */
export class Circuits {
  readonly #options: CircuitOptions
  readonly #line: Circuit
  readonly #hosts = new Map<string, Circuit>()

  constructor(options: CircuitOptions) {
    this.#options = options
    this.#line = new Circuit(options)
  }

  state(): 'closed' | 'open' | 'half-open' {
    return this.#line.state(performance.now())
  }

  /**
   * Makes an attempt, unless a circuit is open.
   *
   * @throws GatewayError `control_plane_unavailable` while one is; what `attempt` throws
   */
  async run<Answer extends { outcome: Outcome }>(
    host: string,
    attempt: () => Promise<Answer>,
  ): Promise<Answer> {
    const now = performance.now()
    if (!this.#line.enter(now)) throw leftAlone(this.#line.waitMs(now))
    const own = this.#hosts.get(host)
    if (own && !own.enter(now)) {
      this.#line.abandon()
      throw leftAlone(own.waitMs(now))
    }
    let outcome: Outcome = 'unknown'
    try {
      const answer = await attempt()
      outcome = answer.outcome
      return answer
    } finally {
      this.#settleLine(outcome)
      this.#settleHost(host, outcome)
    }
  }

  #settleLine(outcome: Outcome): void {
    if (outcome === 'failed') this.#line.fail(performance.now())
    else if (outcome === 'answered' || outcome === 'failed-here') this.#line.succeed()
    else this.#line.abandon()
  }

  #settleHost(host: string, outcome: Outcome): void {
    if (outcome === 'answered') {
      this.#hosts.delete(host)
      return
    }
    const known = this.#hosts.get(host)
    if (outcome !== 'late' && outcome !== 'failed-here') {
      known?.abandon()
      return
    }
    const circuit = known ?? new Circuit(this.#options)
    // To the end: the front goes first.
    this.#hosts.delete(host)
    this.#hosts.set(host, circuit)
    circuit.fail(performance.now())
    for (const first of this.#hosts.keys()) {
      if (this.#hosts.size <= MAX_HOSTS) return
      this.#hosts.delete(first)
    }
  }
}

function leftAlone(waitMs: number): GatewayError {
  return new GatewayError(
    'control_plane_unavailable',
    'the control plane failed, and is left alone for now',
    {
      retryAfterSeconds: Math.max(1, Math.ceil(waitMs / 1000)),
    },
  )
}
