import { availableParallelism } from 'node:os'
import { ALGORITHMS, compareVerifiers, type Comparison, type Contender } from './verify/verifiers.ts'

/*
 * Verifications per second of a token for 1 000 users, beside what a user would have instead: bare `jose` and `fast-jwt`.
 * All run interleaved in one process on one machine, so read the ratios. The caches hold all tokens and are warm.
 */
const ROUNDS = 3
const ROUND_MS = 1000
const USERS = 1000
const PARALLEL = [1, 50]

for (const algorithm of ALGORITHMS) {
  const comparison = await compareVerifiers(algorithm, USERS)
  for (const parallel of PARALLEL) {
    console.log(
      `\n${algorithm}, ${parallel === 1 ? 'sequential' : `${parallel} in parallel`}, ${ROUNDS} x ${ROUND_MS / 1000} s, ` +
        `${availableParallelism()} cores, Node ${process.version}`,
    )
    console.table(await rates(comparison, parallel))
  }
}

async function rates({ contenders, tokens }: Comparison, parallel: number): Promise<object[]> {
  const all = new Map<Contender, number[]>(contenders.map((contender) => [contender, []]))
  for (let round = 0; round <= ROUNDS; round += 1) {
    for (const contender of contenders) {
      const rate = await measure(contender, tokens, parallel)
      // The first round warms up compilers and caches.
      if (round > 0) all.get(contender)?.push(rate)
    }
  }
  const median = (contender: Contender): number =>
    (all.get(contender) ?? []).toSorted((a, b) => a - b)[Math.floor(ROUNDS / 2)] ?? 0
  const [jose, fast] = contenders.map(median)
  return contenders.map((contender) => ({
    verifier: contender.name,
    'verifications/s': Math.round(median(contender)),
    'vs jose': (median(contender) / (jose ?? NaN)).toFixed(2),
    'vs fast-jwt': (median(contender) / (fast ?? NaN)).toFixed(2),
  }))
}

async function measure({ verify }: Contender, tokens: readonly string[], parallel: number): Promise<number> {
  const start = performance.now()
  let next = 0
  let done = 0
  const lane = async (): Promise<void> => {
    while (performance.now() - start < ROUND_MS) {
      await verify(tokens[next++ % tokens.length] as string)
      done += 1
    }
  }
  await Promise.all(Array.from({ length: parallel }, lane))
  return (done * 1000) / (performance.now() - start)
}
