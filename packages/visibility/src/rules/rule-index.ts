import type { CompiledMatcher } from './matcher.ts'
import type { AskedRule, MemberValues } from './rule-list.ts'

/** Finds the rules that can match at all. */
export interface RuleIndex {
  /** Calls `visitor` with lists of ascending indexes; a rule that is in none of them does not match. */
  visit(name: string, values: MemberValues, visitor: (candidates: readonly number[]) => void): void
}

/** Longest beginning and end of a name that is looked up; one lookup for each length that occurs. */
const MAX_ENDS = 16

type Bucket = Map<string, number[]>

/**
 * Puts each rule where the most telling of its demands is looked up: its whole name, what its name begins or ends with, an
 * exact identity member, or nothing of the kind.
 */
export function createRuleIndex(rules: readonly AskedRule[]): RuleIndex {
  const names: Bucket = new Map()
  const prefixes = new Map<number, Bucket>()
  const suffixes = new Map<number, Bucket>()
  const members = new Map<number, Bucket>()
  const others: number[] = []

  for (const [index, rule] of rules.entries()) {
    const whole = rule.name === undefined ? rule.anyOf : wholeNames(rule.name)
    const ends = rule.name?.how === 'pattern' ? rule.name.pattern : undefined
    const prefix = ends?.prefix.slice(0, MAX_ENDS) ?? ''
    const suffix = ends?.suffix.slice(-MAX_ENDS) ?? ''
    const exact = rule.members.find(({ matcher }) => matcher.how === 'exact')
    if (whole !== undefined) for (const name of whole) put(names, name, index)
    else if (prefix !== '') put(bucket(prefixes, prefix.length), prefix, index)
    else if (suffix !== '') put(bucket(suffixes, suffix.length), suffix, index)
    else if (exact !== undefined) put(bucket(members, exact.slot), exact.matcher.text, index)
    else others.push(index)
  }

  return {
    visit(name, values, visitor) {
      const byName = names.get(name)
      if (byName !== undefined) visitor(byName)
      for (const [length, byPrefix] of prefixes) {
        if (length > name.length) continue
        const candidates = byPrefix.get(name.slice(0, length))
        if (candidates !== undefined) visitor(candidates)
      }
      for (const [length, bySuffix] of suffixes) {
        if (length > name.length) continue
        const candidates = bySuffix.get(name.slice(name.length - length))
        if (candidates !== undefined) visitor(candidates)
      }
      for (const [slot, byValue] of members) {
        const value = values[slot]
        const candidates = value === undefined ? undefined : byValue.get(value)
        if (candidates !== undefined) visitor(candidates)
      }
      visitor(others)
    },
  }
}

function wholeNames(matcher: CompiledMatcher): readonly string[] | undefined {
  if (matcher.how === 'exact') return [matcher.text]
  return matcher.pattern.literal ? [matcher.pattern.prefix] : undefined
}

function bucket<K>(buckets: Map<K, Bucket>, key: K): Bucket {
  const known = buckets.get(key)
  if (known !== undefined) return known
  const fresh: Bucket = new Map()
  buckets.set(key, fresh)
  return fresh
}

function put(into: Bucket, key: string, index: number): void {
  const indexes = into.get(key)
  if (indexes === undefined) into.set(key, [index])
  else indexes.push(index)
}
