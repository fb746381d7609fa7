import { availableParallelism } from 'node:os'
import { startGateway, startPlain, type TokenService } from './tokens/contenders.ts'
import { loops, post, probe } from './tokens/load.ts'

/*
 * Tokens per second of the reference gateway over each of its stores, beside what one writes by hand: Fastify, bcryptjs in
 * the request handler, fast-jwt, and maps. One run on one machine, load generator included, so read the ratios.
 */
const ROUND_MS = 4000
const CHAINS = 16
const CALLERS = 32

interface Credentials {
  clientId: string
  clientSecret: string
}
interface Pair {
  refreshToken: string
}

const services = [
  await startPlain(),
  await startGateway('memory'),
  await startGateway('file'),
  await startGateway('nats'),
  await startGateway('postgres'),
]

try {
  await refreshes()
  await tokens('distinct clients: every call hashes', CALLERS * 5)
  await tokens('one client per caller: its secret is remembered for a minute', CALLERS)
} finally {
  await Promise.all(services.map((service) => service.stop()))
}

/** Chains of refreshes, each using the token that the one before gave. */
async function refreshes(): Promise<void> {
  const rows: { service: string; rate: number }[] = []
  for (const { name, base } of services) {
    const chains = await Promise.all(
      Array.from({ length: CHAINS }, async () => {
        const client = await post<Credentials>(`${base}/auth/register`, { name: 'bench', capabilities: [] })
        return post<Pair>(`${base}/auth/token`, client)
      }),
    )
    const step = async (worker: number): Promise<void> => {
      const refreshToken = chains[worker]?.refreshToken
      chains[worker] = await post<Pair>(`${base}/auth/refresh`, { refreshToken })
    }
    await loops(CHAINS, ROUND_MS / 4, step)
    rows.push({ service: name, rate: (await loops(CHAINS, ROUND_MS, step)).rate })
  }
  print(
    `POST /auth/refresh, ${CHAINS} chains`,
    rows.map(({ service, rate }) => ({
      service,
      'per second': Math.round(rate),
      'vs by hand': ratio(rate, rows[0]?.rate),
    })),
  )
}

/** Callers that ask for tokens as fast as they get them, while somebody else asks whether the process is alive. */
async function tokens(what: string, clientCount: number): Promise<void> {
  const rows: { service: string; rate: number; p50: number; p99: number }[] = []
  for (const service of services) {
    const { base, name } = service
    const clients = await registered(service, clientCount)
    const health = probe(`${base}/health/live`)
    // A client of its own for each call, for as long as there are any.
    const { rate } = await loops(CALLERS, ROUND_MS, (worker, count) =>
      post(`${base}/auth/token`, clients[(count * CALLERS + worker) % clients.length]),
    )
    rows.push({ service: name, rate, ...(await health.stop()) })
  }
  print(
    `POST /auth/token, ${CALLERS} in flight, ${what}`,
    rows.map(({ service, rate, p50, p99 }) => ({
      service,
      'per second': Math.round(rate),
      'vs by hand': ratio(rate, rows[0]?.rate),
      '/health/live p50 ms': p50.toFixed(1),
      '/health/live p99 ms': p99.toFixed(1),
      'p99 vs by hand': ratio(p99, rows[0]?.p99),
    })),
  )
}

async function registered({ base }: TokenService, count: number): Promise<Credentials[]> {
  const clients: Credentials[] = []
  // Few at a time: registering hashes as well.
  while (clients.length < count) {
    const batch = Math.min(8, count - clients.length)
    const register = (): Promise<Credentials> =>
      post<Credentials>(`${base}/auth/register`, { name: 'bench', capabilities: [] })
    clients.push(...(await Promise.all(Array.from({ length: batch }, register))))
  }
  return clients
}

function print(title: string, rows: object[]): void {
  console.log(`\n${title}, ${ROUND_MS / 1000} s, ${availableParallelism()} cores, Node ${process.version}`)
  console.table(rows)
}

function ratio(value: number, base: number | undefined): string {
  return base === undefined || base === 0 ? '' : (value / base).toFixed(2)
}
