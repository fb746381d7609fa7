import type { GatewayErrorCode } from './errors.ts'

/** What a gateway has done since it was made. Monotonic, but for `sessions` and `connections`. */
export interface GatewayStats {
  /** Sessions open now. */
  sessions: number
  /** Sockets now, those still authorising included. */
  connections: number
  upgradesAccepted: number
  /** By error code. */
  upgradesRefused: Readonly<Record<string, number>>
  /** Sessions that this gateway closed, by error code: `token_expired` and `token_revoked` are two of them. */
  sessionsEnded: Readonly<Record<string, number>>
  /** New tokens that sessions go on with. Refused ones are among `nacked`. */
  reauthenticated: number
  framesIn: number
  framesOut: number
  /** Frames stored. */
  acked: number
  /** Frames refused, by error code. */
  nacked: Readonly<Record<string, number>>
  /** Messages of the engine that were not for the session they were addressed to. */
  misrouted: number
}

/** The running counts behind `GatewayStats`. */
export class Counts {
  upgradesAccepted = 0
  reauthenticated = 0
  framesIn = 0
  framesOut = 0
  acked = 0
  misrouted = 0
  readonly upgradesRefused: Record<string, number> = byCode()
  readonly sessionsEnded: Record<string, number> = byCode()
  readonly nacked: Record<string, number> = byCode()

  refuse(code: string): void {
    this.upgradesRefused[code] = (this.upgradesRefused[code] ?? 0) + 1
  }

  end(code: GatewayErrorCode): void {
    this.sessionsEnded[code] = (this.sessionsEnded[code] ?? 0) + 1
  }

  nack(code: GatewayErrorCode): void {
    this.nacked[code] = (this.nacked[code] ?? 0) + 1
  }
}

/** Without a prototype: a control plane chooses codes too, and one named `constructor` starts at nothing as well. */
function byCode(): Record<string, number> {
  return Object.create(null) as Record<string, number>
}
