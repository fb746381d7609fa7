import { createServer, connect, type AddressInfo, type Socket } from 'node:net'
import { once } from 'node:events'
import { fileURLToPath } from 'node:url'
import type { GatewayOptions } from '@portcullis/interop'
import { type NatsServer, type RunningProcess, startNatsServer, startProcess } from '@portcullis/test-servers'
import { Disposal } from './disposal.ts'
import { PASSWORD, startWsGateway, until, type WsGateway } from './interop-clients.ts'

const PROGRAM = fileURLToPath(new URL('../fixtures/interop-gateway.js', import.meta.url))

/** What is meant for the whole cluster, by name; all else, and what applications called `home` have, stays on its node. */
export const RULES: GatewayOptions = {
  authentication: { trustClientIdentity: ['application'] },
  contexts: { visibility: [{ context: '/wide\\..*/', restrictions: 'cluster' }] },
  methods: { visibility: [{ method: '/Wide\\..*/', restrictions: 'cluster' }] },
  peers: {
    visibility: [
      { identity: { application: 'home' }, restrictions: 'local' },
      { domain: 'interop', restrictions: 'cluster' },
      { domain: 'bus', restrictions: 'cluster' },
    ],
  },
}

/** Quick, and patient enough for a machine that is busy. */
const PACE = { heartbeatMs: 200, deadAfterMs: 3000 }

/** Three gateways in this process over a real nats-server. */
export interface GatewayCluster extends AsyncDisposable {
  readonly nats: NatsServer
  readonly nodes: readonly [WsGateway, WsGateway, WsGateway]
  /** One more, which is up with the others when it resolves. */
  join(): Promise<WsGateway>
}

export async function startGatewayCluster(options: GatewayOptions = {}): Promise<GatewayCluster> {
  const disposal = new Disposal()
  const nats = disposal.use(await startNatsServer())
  const all: WsGateway[] = []
  const start = async (): Promise<WsGateway> => {
    const node = disposal.use(
      await startWsGateway({
        ...RULES,
        ...options,
        authentication: { ...RULES.authentication, ...PASSWORDS },
        cluster: { endpoint: nats.url, ...PACE },
      }),
    )
    all.push(node)
    return node
  }
  const together = (): Promise<void> =>
    until(() => {
      const counts = all.map(({ gateway }) => gateway.stats().nodes)
      if (counts.some((count) => count !== all.length - 1)) throw new Error(`the nodes see ${counts.join()}`)
    })
  const nodes = await Promise.all([start(), start(), start()])
  await together()
  return {
    nats,
    nodes,
    async join() {
      const node = await start()
      await together()
      return node
    },
    [Symbol.asyncDispose]: () => disposal[Symbol.asyncDispose](),
  }
}

const PASSWORDS = {
  basic: { secretVerifier: (_user: string, secret: string): boolean => secret === PASSWORD },
}

/** A gateway as a process of its own. */
export interface GatewayProcess {
  readonly process: RunningProcess
  readonly url: string
  readonly port: number
  /** Asks the process for its numbers. */
  stats(): Promise<Record<string, number>>
}

/** Starts the program of `fixtures`, built packages and all. */
export async function startGatewayProcess(natsUrl: string): Promise<GatewayProcess> {
  const process = await startProcess({
    module: PROGRAM,
    env: { OPTIONS: JSON.stringify({ ...RULES, cluster: { endpoint: natsUrl, ...PACE } }) },
    readyWhen: /listening on \d+/,
  })
  const port = Number(/listening on (\d+)/.exec(process.output())?.[1])
  return {
    process,
    port,
    url: `ws://127.0.0.1:${port}/gw`,
    stats: async () =>
      (await (await fetch(`http://127.0.0.1:${port}/stats`)).json()) as Record<string, number>,
  }
}

/** One address in front of several gateways: new connections go to the port that is set. */
export interface Switchboard extends AsyncDisposable {
  readonly url: string
  to(port: number): void
}

export async function startSwitchboard(port: number): Promise<Switchboard> {
  let target = port
  const sockets = new Set<Socket>()
  const server = createServer((client) => {
    const upstream = connect(target, '127.0.0.1')
    for (const [socket, other] of [
      [client, upstream],
      [upstream, client],
    ] as const) {
      sockets.add(socket)
      socket.on('error', () => undefined)
      socket.on('close', () => {
        sockets.delete(socket)
        other.destroy()
      })
      socket.pipe(other)
    }
  })
  server.listen(0, '127.0.0.1')
  await once(server, 'listening')
  return {
    url: `ws://127.0.0.1:${(server.address() as AddressInfo).port}/gw`,
    to: (next) => {
      target = next
    },
    async [Symbol.asyncDispose]() {
      for (const socket of sockets) socket.destroy()
      server.close()
      await once(server, 'close')
    },
  }
}
