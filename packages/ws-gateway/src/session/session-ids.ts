import { randomBytes } from 'node:crypto'

/** Makes session ids that nobody can guess: 144 random bits. */
export class SessionIds {
  /** One subject token per process, so that one subject filter finds all its sessions. */
  readonly gatewayId: string = randomBytes(9).toString('base64url')
  readonly #isPerGateway: boolean

  constructor(outboundConsumer: 'gateway' | 'session') {
    this.#isPerGateway = outboundConsumer === 'gateway'
  }

  next(): string {
    const random = randomBytes(18).toString('base64url')
    return this.#isPerGateway ? `${this.gatewayId}.${random}` : random
  }
}
