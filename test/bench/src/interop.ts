import { availableParallelism } from 'node:os'
import { fileURLToPath } from 'node:url'
import { type RunningProcess, startProcess } from '@portcullis/test-servers'
import { type Client, connect } from './interop/client.ts'
import { rawConnections, rawInvocations, rawStreamPushes } from './interop/raw-workloads.ts'
import { connections, contextUpdates, invocations, streamPushes, type Workload } from './interop/workloads.ts'
import { cpuMilliseconds } from './load/cpu.ts'

/*
 * Methods, streams, contexts and connections through our interop gateway, beside the public reference engine behind a `ws`
 * server. The client is the unmodified `@interopio/core`, the same for both. It takes most of the time, and the ratios of the
 * rates are those of client and gateway together; what is the gateway's shows in its CPU time, and in the same frames sent
 * without the client library ("bare frames"). Rounds alternate, each gateway is a process, all clients are one more, on one
 * machine: read the ratios.
 */
const ROUNDS = 3
const ROUND_MS = 2000
const PRESENT = 200

interface Contender {
  name: string
  process: RunningProcess
  port: number
  server: Client
  caller: Client
  present: Client[]
}

interface Result {
  operations: number
  milliseconds: number
  cpu: number
}

const contenders = [await start('gateway-web', 'gateway-web'), await start('portcullis', 'interop')]

try {
  console.log(`${ROUNDS} x ${ROUND_MS / 1000} s, ${availableParallelism()} cores, Node ${process.version}`)
  await compare('invocations, one after the other', ({ caller }) => invocations(caller, 1))
  await compare('invocations, 64 in flight', ({ caller }) => invocations(caller, 64))
  await compare('stream pushes to 1 subscriber', ({ server, caller }) =>
    streamPushes(server, 'to-one', [caller], 64),
  )
  await compare('context updates, one after the other', ({ server, caller }) =>
    contextUpdates(server, caller, 'sequential', 1),
  )
  await compare('context updates, 32 in flight', ({ server, caller }) =>
    contextUpdates(server, caller, 'pipelined', 32),
  )
  await compare('bare frames: invocations, 256 in flight', ({ port }) => rawInvocations(port, 256))
  for (const { port, present } of contenders) {
    while (present.length < PRESENT) present.push(await connect(port))
  }
  await compare(`stream pushes to ${PRESENT} subscribers`, ({ server, present }) =>
    streamPushes(server, 'to-many', present, 16),
  )
  await compare(`connect and join with ${PRESENT} peers present`, ({ port }) => connections(port))
  await Promise.all(contenders.flatMap(({ present }) => present.map((client) => client.connection.logout())))
  await compare(`bare frames: stream pushes to ${PRESENT} subscribers`, ({ port }) =>
    rawStreamPushes(port, PRESENT, 16),
  )
  await compare(`bare frames: connect and join with ${PRESENT} peers present`, ({ port }) =>
    rawConnections(port),
  )
} finally {
  await Promise.all(contenders.map((contender) => contender.process.kill()))
}
// The clients would connect again for ever.
process.exit(0)

async function start(name: string, script: string): Promise<Contender> {
  const file = fileURLToPath(new URL(`servers/${script}.ts`, import.meta.url))
  const running = await startProcess({ args: ['--import', 'tsx', file], readyWhen: /port \d+/ })
  const port = Number(/port (\d+)/.exec(running.output())?.[1])
  const [server, caller] = [await connect(port), await connect(port)]
  await server.interop.register('echo', (args: object) => args)
  return { name, process: running, port, server, caller, present: [] }
}

async function compare(
  title: string,
  prepare: (contender: Contender) => Workload | Promise<Workload>,
): Promise<void> {
  const results = new Map<Contender, Result[]>()
  const workloads = new Map<Contender, Workload>()
  for (const contender of contenders) {
    results.set(contender, [])
    workloads.set(contender, await prepare(contender))
  }
  for (let round = 0; round <= ROUNDS; round += 1) {
    for (const [contender, workload] of workloads) {
      const result = await measure(contender, workload)
      // The first round warms up compilers.
      if (round > 0) results.get(contender)?.push(result)
    }
  }
  const rows = [...results].map(([{ name }, all]) => {
    const sum = (pick: (result: Result) => number): number => all.reduce((total, one) => total + pick(one), 0)
    const operations = sum((one) => one.operations)
    return {
      name,
      rate: (operations * 1000) / sum((one) => one.milliseconds),
      cpu: (sum((one) => one.cpu) * 1000) / operations,
    }
  })
  const [reference] = rows
  console.log(`\n${title}`)
  console.table(
    rows.map(({ name, rate, cpu }) => ({
      gateway: name,
      'per second': Math.round(rate),
      'vs gateway-web': ratio(rate, reference?.rate),
      'gateway CPU µs': Math.round(cpu),
      'CPU vs gateway-web': ratio(cpu, reference?.cpu),
    })),
  )
}

async function measure(contender: Contender, workload: Workload): Promise<Result> {
  const pids = [contender.process.pid]
  const cpuBefore = cpuMilliseconds(pids)
  const begin = performance.now()
  const operations = await workload(ROUND_MS)
  return { operations, milliseconds: performance.now() - begin, cpu: cpuMilliseconds(pids) - cpuBefore }
}

function ratio(value: number, base: number | undefined): string {
  return base === undefined ? '' : (value / base).toFixed(2)
}
