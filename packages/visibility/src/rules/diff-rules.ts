import { checkRules, RULE_LISTS } from './normalise-rules.ts'
import type { NormalisedRule, NormalisedRules, RuleListName, Visibility } from './types.ts'

/** One difference between two rule sets. `text` says it in one line. */
export type RuleChange = RuleAdded | RuleRemoved | RuleMoved | RuleChanged | DefaultChanged

/** `index` is a place in the new list. */
export interface RuleAdded {
  readonly type: 'added'
  readonly list: RuleListName
  readonly index: number
  readonly rule: NormalisedRule
  readonly text: string
}

/** `index` is a place in the old list. */
export interface RuleRemoved {
  readonly type: 'removed'
  readonly list: RuleListName
  readonly index: number
  readonly rule: NormalisedRule
  readonly text: string
}

/** `from` is a place in the old list, `to` in the new. */
export interface RuleMoved {
  readonly type: 'moved'
  readonly list: RuleListName
  readonly from: number
  readonly to: number
  readonly rule: NormalisedRule
  readonly text: string
}

/** One rule in place of another, between the same neighbours. */
export interface RuleChanged {
  readonly type: 'changed'
  readonly list: RuleListName
  readonly from: number
  readonly to: number
  readonly before: NormalisedRule
  readonly after: NormalisedRule
  readonly text: string
}

export interface DefaultChanged {
  readonly type: 'default'
  readonly before: Visibility
  readonly after: Visibility
  readonly text: string
}

/**
 * What has to happen to the one set to get the other, with as few moves as possible; empty when they are the same. Takes
 * what `compileRules` takes, `policy.rules` too, and throws what it throws.
 */
export function diffRules(before: unknown, after: unknown): RuleChange[] {
  return diffChecked(checkRules(before).rules, checkRules(after).rules)
}

/** The same for sets that are checked already. */
export function diffChecked(before: NormalisedRules, after: NormalisedRules): RuleChange[] {
  const changes = RULE_LISTS.flatMap((list) => diffList(list, before[list], after[list]))
  if (before.default !== after.default) {
    const text = `default changed from "${before.default}" to "${after.default}"`
    changes.push({ type: 'default', before: before.default, after: after.default, text })
  }
  return changes
}

function diffList(
  list: RuleListName,
  before: readonly NormalisedRule[],
  after: readonly NormalisedRule[],
): RuleChange[] {
  const pairs = pairEqual(before, after)
  const stays = longestIncreasing(pairs.map(([, to]) => to))
  const stable = pairs.filter((_, position) => stays.has(position))
  const changes: RuleChange[] = []
  for (const [position, [from, to]] of pairs.entries()) {
    const rule = after[to]
    if (stays.has(position) || rule === undefined) continue
    changes.push({
      type: 'moved',
      list,
      from,
      to,
      rule,
      text: `${list}[${from}] moved to ${list}[${to}]: ${JSON.stringify(rule)}`,
    })
  }

  // What is left over between the same two stable neighbours is one rule that was edited, as far as both sides have one.
  const gone = leftOver(before, new Set(pairs.map(([from]) => from)))
  const come = leftOver(after, new Set(pairs.map(([, to]) => to)))
  const gapsBefore = gaps(
    before.length,
    stable.map(([from]) => from),
  )
  const gapsAfter = gaps(
    after.length,
    stable.map(([, to]) => to),
  )
  const open = groupBy(come, ([to]) => gapsAfter[to])
  const edited = new Set<number>()
  for (const [from, rule] of gone) {
    const [to, now] = open.get(gapsBefore[from])?.shift() ?? []
    if (to === undefined || now === undefined) {
      changes.push({
        type: 'removed',
        list,
        index: from,
        rule,
        text: `${list}[${from}] removed: ${JSON.stringify(rule)}`,
      })
    } else {
      edited.add(to)
      const text = `${list}[${to}] changed from ${JSON.stringify(rule)} to ${JSON.stringify(now)}`
      changes.push({ type: 'changed', list, from, to, before: rule, after: now, text })
    }
  }
  for (const [index, rule] of come) {
    if (edited.has(index)) continue
    changes.push({
      type: 'added',
      list,
      index,
      rule,
      text: `${list}[${index}] added: ${JSON.stringify(rule)}`,
    })
  }
  return changes
}

function leftOver(
  rules: readonly NormalisedRule[],
  paired: ReadonlySet<number>,
): [index: number, rule: NormalisedRule][] {
  return [...rules.entries()].filter(([index]) => !paired.has(index))
}

/** For each index, how many of `marks`, which ascend, are before it. */
function gaps(length: number, marks: readonly number[]): number[] {
  let passed = 0
  return Array.from({ length }, (_, index) => {
    while ((marks[passed] ?? Infinity) < index) passed += 1
    return passed
  })
}

function groupBy<T, K>(values: readonly T[], key: (value: T) => K): Map<K, T[]> {
  const groups = new Map<K, T[]>()
  for (const value of values) {
    const group = groups.get(key(value))
    if (group === undefined) groups.set(key(value), [value])
    else group.push(value)
  }
  return groups
}

/** Equal rules of both lists, in the order of the first: the n-th of a kind with the n-th of that kind. */
function pairEqual(
  before: readonly NormalisedRule[],
  after: readonly NormalisedRule[],
): [from: number, to: number][] {
  const places = groupBy([...after.keys()], (index) => keyOf(after[index]))
  for (const indexes of places.values()) indexes.reverse()
  return before.flatMap((rule, from) => {
    const to = places.get(keyOf(rule))?.pop()
    return to === undefined ? [] : [[from, to] as [number, number]]
  })
}

/** Members in one order, because their order means nothing. */
function keyOf(rule: NormalisedRule | undefined): string {
  const identity = rule?.identity && Object.entries(rule.identity).toSorted(([a], [b]) => (a < b ? -1 : 1))
  return JSON.stringify([rule?.context, rule?.method, rule?.domain, rule?.restrictions, identity])
}

/** Positions of a longest increasing subsequence. */
function longestIncreasing(values: readonly number[]): Set<number> {
  const tails: number[] = []
  const previous: (number | undefined)[] = []
  for (const [position, value] of values.entries()) {
    let low = 0
    let high = tails.length
    while (low < high) {
      const middle = (low + high) >> 1
      if ((values[tails[middle] as number] as number) < value) low = middle + 1
      else high = middle
    }
    previous[position] = tails[low - 1]
    tails[low] = position
  }
  const positions = new Set<number>()
  for (let at = tails.at(-1); at !== undefined; at = previous[at]) positions.add(at)
  return positions
}
