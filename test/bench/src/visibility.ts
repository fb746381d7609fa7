import { availableParallelism } from 'node:os'
import { compileRules, type Identity, type MethodRule, type Visibility } from '@portcullis/visibility'

/*
 * Decisions per second beside what a user would write by hand: a loop over the rules that tests each one's RegExp until one
 * matches. Cold: every name is a new one, so that nothing is remembered. Warm: a thousand names over and over. The rules
 * are asked evenly, hence the loop goes through half of them on average. All in turn in one process: read the ratios.
 */
const ROUNDS = 3
const ROUND_MS = 1000
const COUNTS = [10, 200, 2000]
const WARM_NAMES = 1000

type Decide = (name: string, identity: Identity) => Visibility
interface Mix {
  readonly title: string
  rule(at: number): MethodRule
  /** A name that the rule matches, and another one for each `salt`. */
  name(at: number, salt: number): string
}

const MIXES: readonly Mix[] = [
  {
    title: 'names, beginnings of names and some patterns',
    rule: (at) => {
      const restrictions = at % 2 === 0 ? 'cluster' : 'local'
      switch (at % 5) {
        case 0:
          return { method: `App${at}.Open`, restrictions }
        case 1:
          return { method: new RegExp(`App${at}\\.(?:Get|Set)+[A-Z]\\w*`), restrictions }
        case 2:
          return { method: new RegExp(`App${at}\\..+`), restrictions, identity: { application: `app${at}` } }
        default:
          return { method: new RegExp(`App${at}\\..+`), restrictions }
      }
    },
    name: (at, salt) => `App${at}.${at % 5 === 0 ? 'Open' : `GetThing${salt}`}`,
  },
  {
    title: 'middles of names, which no index helps with',
    rule: (at) => ({
      method: new RegExp(`.+\\.app${at}\\..+`),
      restrictions: at % 2 === 0 ? 'cluster' : 'local',
    }),
    name: (at, salt) => `Thing${salt}.app${at}.Get`,
  },
]

console.log(`${ROUNDS} x ${ROUND_MS / 1000} s, ${availableParallelism()} cores, Node ${process.version}`)
for (const mix of MIXES) {
  console.log(`\n${mix.title}`)
  console.table(COUNTS.map((count) => compare(mix, count)))
}

function compare(mix: Mix, count: number): object {
  const rules = [
    ...Array.from({ length: count - 1 }, (_, at) => mix.rule(at)),
    { method: /.+/, restrictions: 'cluster' } as const,
  ]
  const start = performance.now()
  const policy = compileRules({ methods: rules })
  const compileMs = performance.now() - start
  const ours: Decide = (name, identity) => policy.decide({ kind: 'method', name, identity })
  const loop = byHand(rules)

  const identities = Array.from({ length: count }, (_, at) => ({ application: `app${at}`, user: 'ann' }))
  const ask = (decide: Decide, turn: number, salt: number): Visibility => {
    const at = (turn * 7919) % count
    return decide(mix.name(at, salt), identities[at] as Identity)
  }
  for (let turn = 0; turn < 5000; turn += 1) {
    if (ask(ours, turn, turn) !== ask(loop, turn, turn)) throw new Error('the two do not decide alike')
  }

  const rates = { loopCold: [], cold: [], loopWarm: [], warm: [] } as Record<string, number[]>
  let salt = 0
  for (let round = 0; round <= ROUNDS; round += 1) {
    const measured = {
      loopCold: measure((turn) => ask(loop, turn, (salt += 1))),
      cold: measure((turn) => ask(ours, turn, (salt += 1))),
      loopWarm: measure((turn) => ask(loop, turn % WARM_NAMES, 0)),
      warm: measure((turn) => ask(ours, turn % WARM_NAMES, 0)),
    }
    // The first round warms up the compiler.
    if (round > 0) for (const [what, rate] of Object.entries(measured)) rates[what]?.push(rate)
  }
  const median = (what: string): number =>
    rates[what]?.toSorted((a, b) => a - b)[Math.floor(ROUNDS / 2)] ?? NaN
  return {
    rules: count,
    'compiled in ms': compileMs.toFixed(1),
    'loop, new names/s': Math.round(median('loopCold')),
    'ours, new names/s': Math.round(median('cold')),
    'cold vs loop': (median('cold') / median('loopCold')).toFixed(2),
    'loop, known names/s': Math.round(median('loopWarm')),
    'ours, known names/s': Math.round(median('warm')),
    'warm vs loop': (median('warm') / median('loopWarm')).toFixed(2),
  }
}

function byHand(rules: readonly MethodRule[]): Decide {
  const whole = (wanted: string | RegExp): RegExp =>
    typeof wanted === 'string'
      ? new RegExp(`^${wanted.replace(/[.*+?^${}()|[\]\\]/g, String.raw`\$&`)}$`)
      : new RegExp(`^(?:${wanted.source})$`, wanted.flags)
  const compiled = rules.map(({ method, restrictions, identity }) => ({
    method: whole(method ?? /[^]*/),
    restrictions,
    identity: Object.entries(identity ?? {}).map(([key, wanted]) => [key, whole(wanted)] as const),
  }))
  return (name, identity) => {
    for (const rule of compiled) {
      if (!rule.method.test(name)) continue
      if (rule.identity.every(([key, wanted]) => wanted.test(String(identity[key])))) return rule.restrictions
    }
    return 'local'
  }
}

function measure(ask: (turn: number) => Visibility): number {
  const start = performance.now()
  let done = 0
  while (performance.now() - start < ROUND_MS) {
    for (let at = 0; at < 100; at += 1) {
      ask(done)
      done += 1
    }
  }
  return (done * 1000) / (performance.now() - start)
}
