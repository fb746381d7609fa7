import { availableParallelism } from 'node:os'
import { type Contender, openContenders, PROJECTS } from './registry/contenders.ts'

/*
 * Decisions of `authorize` per second and how long they take, over each database, beside what one writes by hand: a lookup of
 * the host and jose. Both in one process, with the database of the other; read the ratios.
 */
const ROUNDS = 3
const ROUND_MS = 1500
const PARALLEL = [1, 16]

await using opened = await openContenders()
for (const parallel of PARALLEL) {
  console.log(
    `\nauthorize, ${PROJECTS} projects, HS256, ${parallel === 1 ? 'one after the other' : `${parallel} at a time`}, ` +
      `${ROUNDS} x ${ROUND_MS / 1000} s, ${availableParallelism()} cores, Node ${process.version}`,
  )
  console.table(await rows(opened.contenders, parallel))
}

async function rows(contenders: readonly Contender[], parallel: number): Promise<object[]> {
  const all = new Map<Contender, number[]>(contenders.map((contender) => [contender, []]))
  for (let round = 0; round <= ROUNDS; round += 1) {
    for (const contender of contenders) {
      const times = await measure(contender, parallel)
      // The first round warms up compilers and caches.
      if (round > 0) all.get(contender)?.push(...times)
    }
  }
  const result = contenders.map((contender) => {
    const times = (all.get(contender) ?? []).toSorted((a, b) => a - b)
    const at = (share: number): number => times[Math.floor(times.length * share)] ?? NaN
    return { contender, rate: (times.length * 1000) / (ROUNDS * ROUND_MS), p50: at(0.5), p99: at(0.99) }
  })
  return result.map(({ contender, rate, p50, p99 }) => {
    const base = result.find((one) => one.contender.name === `by hand, ${contender.database}`)
    return {
      name: contender.name,
      'per second': Math.round(rate),
      'vs by hand': (rate / (base?.rate ?? NaN)).toFixed(2),
      'p50 ms': p50.toFixed(2),
      'p99 ms': p99.toFixed(2),
      'p99 vs by hand': (p99 / (base?.p99 ?? NaN)).toFixed(2),
    }
  })
}

/** How long each decision took, milliseconds. */
async function measure({ authorize }: Contender, parallel: number): Promise<number[]> {
  const times: number[] = []
  const start = performance.now()
  let next = 0
  const lane = async (): Promise<void> => {
    while (performance.now() - start < ROUND_MS) {
      const begun = performance.now()
      await authorize(next++ % PROJECTS)
      times.push(performance.now() - begun)
    }
  }
  await Promise.all(Array.from({ length: parallel }, lane))
  return times
}
