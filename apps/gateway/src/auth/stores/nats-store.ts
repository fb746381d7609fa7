import { connect, type NatsConnection } from '@nats-io/transport-node'
import { createNatsStore } from '@portcullis/gateway-auth/nats'
import { natsConnectionOptions } from '@portcullis/transport/nats'
import type { Environment } from '../../environment/environment.ts'
import { natsOptions } from '../../nats.ts'
import type { OpenedStore } from './open-store.ts'

/** Failed authentications count this long; nothing else counts or is claimed for longer. */
const LONGEST_WINDOW_MS = 15 * 60_000

/** A store in key-value buckets of the NATS that the relay uses, over a connection of its own. */
export function openNatsStore(env: Environment): OpenedStore {
  // Waits for as long as it takes: a gateway starts before its NATS does.
  const connection = connect({
    ...natsConnectionOptions({ ...natsOptions(env), name: 'portcullis-gateway-auth' }),
    waitOnFirstConnect: true,
    maxReconnectAttempts: -1,
    ignoreAuthErrorAbort: true,
    reconnectTimeWait: 250,
    reconnectJitter: 250,
    pingInterval: 1000,
    maxPingOut: 2,
    timeout: 3000,
  })
  let opened: NatsConnection | undefined
  let isClosed = false
  connection.then(
    (one) => {
      opened = one
      if (isClosed) void one.close()
    },
    // Whoever asks the store hears of it.
    () => undefined,
  )
  const store = createNatsStore({
    connection,
    // As far ahead as anything here ends, and no longer: NATS keeps each entry that long.
    maxClaimMs: LONGEST_WINDOW_MS,
    maxWindowMs: LONGEST_WINDOW_MS,
  })
  return {
    store,
    close: async () => {
      isClosed = true
      await store.close()
      await opened?.close()
    },
  }
}
