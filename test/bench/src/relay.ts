import { availableParallelism } from 'node:os'
import { type Contender, startContender } from './contender.ts'
import { cpuMilliseconds } from './load/cpu.ts'
import { type Load, type Round, runRound } from './load/round.ts'

/*
 * Round trips from a client through the relay to a worker and back, beside what a user would have instead: a bare `ws`
 * echo (the ceiling) and a hand-written gateway on core NATS (no persistence, no acknowledgement). All run interleaved in
 * one run on one machine, so read the ratios.
 */
const ROUNDS = 3
const ROUND_MS = 2000
const LOADS = [
  { sessions: 50, window: 16 },
  { sessions: 500, window: 4 },
]

const contenders = [
  await startContender('bare ws echo', [{ script: 'echo', args: [] }]),
  await startContender(
    'ws + core NATS',
    [
      { script: 'core-nats', args: ['worker'] },
      { script: 'core-nats', args: ['gateway'] },
    ],
    { nats: true },
  ),
  await startContender('relay, embedded', [{ script: 'relay', args: ['both'] }]),
  await relayOnNats('relay, NATS memory', 'memory'),
  await relayOnNats('relay, NATS file', 'file'),
  await relayOnNats('relay, NATS file, portcullis.v1', 'file', 'portcullis.v1'),
]

try {
  for (const load of LOADS) await compare({ ...load, milliseconds: ROUND_MS })
} finally {
  await Promise.all(contenders.map((contender) => contender.stop()))
}

async function compare(load: Load): Promise<void> {
  const rounds = new Map<Contender, { round: Round; cpu: number }[]>(
    contenders.map((contender) => [contender, []]),
  )
  for (let number = 0; number <= ROUNDS; number += 1) {
    for (const contender of contenders) {
      const before = cpuMilliseconds(contender.pids)
      const round = await runRound(contender.port, { ...load, protocol: contender.protocol })
      // The first round warms up compilers and connections.
      if (number > 0) rounds.get(contender)?.push({ round, cpu: cpuMilliseconds(contender.pids) - before })
    }
  }
  console.log(
    `\n${load.sessions} sessions, ${load.window} frames of 80 bytes in flight each, ${ROUNDS} x ${load.milliseconds / 1000} s, ` +
      `${availableParallelism()} cores, Node ${process.version}`,
  )
  console.table(
    [...rounds]
      .map(([{ name }, all]) => {
        const trips = all.reduce((sum, { round }) => sum + round.roundTrips, 0)
        const seconds = all.reduce((sum, { round }) => sum + round.seconds, 0)
        const cpu = all.reduce((sum, one) => sum + one.cpu, 0)
        const p99 = median(
          all.map(({ round }) => round.latencies[Math.floor(round.latencies.length * 0.99)] ?? 0),
        )
        return { name, rate: trips / seconds, p99, cpuMicros: (cpu * 1000) / trips }
      })
      .map(({ name, rate, p99, cpuMicros }, _index, all) => {
        const [echo, core] = all
        return {
          system: name,
          'round trips/s': Math.round(rate),
          'vs echo': ratio(rate, echo?.rate),
          'vs core NATS': ratio(rate, core?.rate),
          'p99 ms': p99.toFixed(1),
          'p99 vs core NATS': ratio(p99, core?.p99),
          'server CPU µs/trip': Math.round(cpuMicros),
        }
      }),
  )
}

function relayOnNats(name: string, storage: string, protocol?: string): Promise<Contender> {
  return startContender(
    name,
    [
      { script: 'relay', args: ['worker'] },
      { script: 'relay', args: ['gateway'] },
    ],
    { nats: true, storage, ...(protocol === undefined ? {} : { protocol }) },
  )
}

function ratio(value: number, base: number | undefined): string {
  return base === undefined ? '' : (value / base).toFixed(2)
}

function median(values: number[]): number {
  return values.toSorted((a, b) => a - b)[Math.floor(values.length / 2)] ?? 0
}
