import type { IOConnectCore, IOConnectCoreFactoryFunction } from '@interopio/core'
import * as core from '@interopio/core'

export type Client = IOConnectCore.API

type Factory = IOConnectCoreFactoryFunction | { default: IOConnectCoreFactoryFunction }

// The package is CommonJS with the types of an ES module.
const factory = core.default as unknown as Factory
const create = typeof factory === 'function' ? factory : factory.default

let count = 0

/** One more client: connected, logged in, and in the domain of methods. */
export function connect(port: number): Promise<Client> {
  count += 1
  return create({
    application: `bench-${count}`,
    gateway: { ws: `ws://127.0.0.1:${port}/gw`, protocolVersion: 3 },
    auth: { username: 'bench', password: 'bench' },
    metrics: false,
    logger: 'error',
  })
}
