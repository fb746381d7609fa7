import { once } from 'node:events'
import { createServer } from 'node:http'
import type { AddressInfo } from 'node:net'
import core, { type IOConnectCore } from '@interopio/core'
import { createGateway, type GatewayOptions, type InteropGateway } from '@portcullis/interop'
import { attachInterop, type InteropUpgradeOptions } from '@portcullis/interop/ws'
import { vi } from 'vitest'

export type Io = IOConnectCore.API
export type Instance = IOConnectCore.Interop.Instance

// The package is CommonJS and says of itself that its factory is both `module.exports` and `module.exports.default`.
const connectIo: (config?: IOConnectCore.Config) => Promise<Io> = core as unknown as typeof core.default

/** Lets everybody in whose secret is this. */
export const PASSWORD = 'a secret'

export const withPassword: GatewayOptions = {
  authentication: {
    basic: { secretVerifier: (_user: string, secret: string): boolean => secret === PASSWORD },
  },
}

/** A gateway behind an HTTP server. */
export interface WsGateway extends AsyncDisposable {
  readonly gateway: InteropGateway
  readonly port: number
  readonly url: string
}

export interface WsGatewayOptions extends GatewayOptions {
  /** @defaultValue one the system chooses */
  port?: number | undefined
  upgrade?: InteropUpgradeOptions | undefined
}

/** Starts a gateway at `ws://127.0.0.1:<port>/gw`. */
export async function startWsGateway({
  port: wanted = 0,
  upgrade: upgradeOptions,
  ...options
}: WsGatewayOptions = {}): Promise<WsGateway> {
  const gateway = createGateway({ ...withPassword, ...options })
  const server = createServer()
  const upgrade = attachInterop(server, gateway, upgradeOptions)
  await gateway.start()
  server.listen(wanted, '127.0.0.1')
  await once(server, 'listening')
  const { port } = server.address() as AddressInfo
  return {
    gateway,
    port,
    url: `ws://127.0.0.1:${port}/gw`,
    async [Symbol.asyncDispose]() {
      await upgrade.close()
      await gateway.close()
      server.close()
      server.closeAllConnections()
      await once(server, 'close')
    },
  }
}

/** What the tests choose; the rest is as an application would have it. */
export interface ClientOptions extends Omit<IOConnectCore.Config, 'gateway' | 'logger' | 'customLogger'> {
  reconnectInterval?: number | undefined
  reconnectAttempts?: number | undefined
}

const silent = (): void => undefined

/** Connects the real client. `user` is who logs in, unless `auth` says otherwise. */
export async function connectClient(
  url: string,
  user: string,
  { reconnectInterval = 50, reconnectAttempts = 400, ...options }: ClientOptions = {},
): Promise<Io> {
  try {
    return await connectIo({
      application: `app-${user}`,
      auth: { username: user, password: PASSWORD },
      bus: true,
      insights: false,
      // It says much on the console about every reconnect.
      customLogger: { debug: silent, error: silent, info: silent, log: silent, warn: silent },
      ...options,
      gateway: { ws: url, reconnectInterval, reconnectAttempts },
    })
  } catch (thrown) {
    // It rejects with `{ err, libs }`.
    const { err: error } = thrown as { err: unknown }
    if (!(error instanceof Error)) throw new Error('the client rejected with no error', { cause: thrown })
    refused.add(error)
    throw error
  }
}

const refused = new WeakSet<object>()

// A client that is not let in rejects a second promise of its own, `{ err }`, which it hands to nobody. Where the first was
// handled the test runner need not hear of the second.
for (const listener of process.listeners('unhandledRejection')) {
  process.off('unhandledRejection', listener)
  process.on('unhandledRejection', (reason, promise) => {
    const { err } = (reason ?? {}) as { err?: object }
    if (err === undefined || !refused.has(err)) listener(reason, promise)
  })
}

/** The clients of a test, which log out when it is over. */
export class Clients implements AsyncDisposable {
  readonly #open = new Set<Io>()
  readonly #url: string

  constructor(url: string) {
    this.#url = url
  }

  async connect(user: string, options?: ClientOptions & { url?: string }): Promise<Io> {
    const { url = this.#url, ...rest } = options ?? {}
    const io = await connectClient(url, user, rest)
    this.#open.add(io)
    return io
  }

  /** So many clients of one user. */
  connectAll(count: number, user: string, options?: ClientOptions): Promise<Io[]> {
    return Promise.all(Array.from({ length: count }, async () => this.connect(user, options)))
  }

  async [Symbol.asyncDispose](): Promise<void> {
    await Promise.all([...this.#open].map(hangUp))
  }
}

/** Ends a client whether or not anybody listens any more: its own goodbye waits for answers. */
async function hangUp(io: Io): Promise<void> {
  if (io.connection.isConnected) await io.connection.logout().catch(silent)
  else void io.connection.logout().catch(silent)
}

/** Waits until the client sees so many servers of a method. */
export function untilServers(io: Io, method: string, count: number): Promise<Instance[]> {
  return until(() => {
    const found = io.interop.servers({ name: method })
    if (found.length !== count) throw new Error(`${found.length} servers of ${method}, not ${count}`)
    return found
  })
}

/** Asks until it no longer throws; for states that nothing announces. */
export function until<T>(ask: () => T | Promise<T>, timeout = 20_000): Promise<T> {
  return vi.waitFor(ask, { timeout, interval: 10 })
}
