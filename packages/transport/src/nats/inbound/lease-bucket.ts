import { jetstream } from '@nats-io/jetstream'
import { type KV, Kvm } from '@nats-io/kv'
import type { NatsConnection } from '@nats-io/transport-node'
import type { NatsSettings } from '../options.ts'

const LEASE_BUCKET = 'PORTCULLIS_LEASES'

export interface OpenLeaseBucket {
  kv: KV
  /** How long an entry lives, which the process that made the bucket decided. */
  ttlMs: number
}

/** The bucket of one connection. Opened by the first worker that needs it, so that gateways need no right to it. */
export class LeaseBucket {
  readonly #open: () => Promise<OpenLeaseBucket>
  #opened: Promise<OpenLeaseBucket> | undefined

  constructor(connection: NatsConnection, settings: NatsSettings, timeoutMs: number) {
    this.#open = async () => {
      const kv = await new Kvm(jetstream(connection, { timeout: timeoutMs })).create(LEASE_BUCKET, {
        ttl: settings.leaseMs,
        history: 1,
        replicas: settings.replicas,
      })
      const { ttl } = await kv.status()
      return { kv, ttlMs: ttl > 0 ? ttl : settings.leaseMs }
    }
  }

  open(): Promise<OpenLeaseBucket> {
    this.#opened ??= this.#open()
    return this.#opened
  }

  /** Opens, and if need be makes, the bucket again the next time: it may be gone. */
  forget(): void {
    this.#opened = undefined
  }
}
