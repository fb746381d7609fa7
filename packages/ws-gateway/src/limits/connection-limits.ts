import { addressKey } from '@portcullis/auth-core'
import type { Grant } from '../authorizer/authorizer.ts'
import { GatewayError, type GatewayErrorCode } from '../errors.ts'
import type { GatewaySettings } from '../options.ts'
import { Counters } from './counters.ts'
import { TokenBuckets } from './token-bucket.ts'

type LimitSettings = Pick<
  GatewaySettings,
  | 'connectRatePerAddress'
  | 'maxConnections'
  | 'maxConnectionsPerAddress'
  | 'maxConnectionsPerProject'
  | 'maxConnectionsPerUser'
>

/** How many sockets there may be, in all, per address, per project and per user, and how fast new ones may come. */
export class ConnectionLimits {
  readonly #rate: TokenBuckets
  readonly #process: Counters
  readonly #addresses: Counters
  readonly #projects: Counters
  readonly #users: Counters

  constructor(settings: LimitSettings) {
    this.#rate = new TokenBuckets(settings.connectRatePerAddress, settings.connectRatePerAddress * 2)
    this.#process = new Counters(settings.maxConnections)
    this.#addresses = new Counters(settings.maxConnectionsPerAddress)
    this.#projects = new Counters(settings.maxConnectionsPerProject)
    this.#users = new Counters(settings.maxConnectionsPerUser)
  }

  /** Sockets that count now, those still authorising included. */
  get connectionCount(): number {
    return this.#process.count('')
  }

  /**
   * Before anything is known about the client but its address.
   *
   * @returns the way to give the place back
   * @throws GatewayError
   */
  admit(address: string): () => void {
    const key = addressKey(address)
    if (!this.#rate.take(key)) throw refusal('connect_rate_limited', 'too many new connections')
    const process = this.#process.take('')
    if (!process) throw refusal('capacity_exceeded', 'this gateway is full')
    const perAddress = this.#addresses.take(key)
    if (!perAddress) {
      process()
      throw refusal('address_connections_exceeded', 'too many connections from this address')
    }
    return () => {
      process()
      perAddress()
    }
  }

  /**
   * Once it is known for whom the socket is.
   *
   * @returns the way to give the place back
   * @throws GatewayError
   */
  admitGrant({ workspaceId, projectId, userId, limits }: Grant): () => void {
    const project = `${workspaceId}.${projectId}`
    const perProject = this.#projects.take(project, limits?.maxConnections)
    if (!perProject) throw refusal('project_connections_exceeded', 'too many connections of this project')
    if (userId === null) return perProject
    const perUser = this.#users.take(`${project}.${userId}`)
    if (!perUser) {
      perProject()
      throw refusal('user_connections_exceeded', 'too many connections of this user')
    }
    return () => {
      perProject()
      perUser()
    }
  }
}

function refusal(code: GatewayErrorCode, message: string): GatewayError {
  return new GatewayError(code, message)
}
