import { MAX_CACHED_DECISIONS, MAX_NAME_LENGTH } from '../limits.ts'
import { createDecisionCache } from './decision-cache.ts'
import { identityValue } from './identity-value.ts'
import { matches, type CompiledMatcher } from './matcher.ts'
import type { CheckedRule } from './normalise-rules.ts'
import { createRuleIndex } from './rule-index.ts'
import type { Identity, Visibility } from './types.ts'

/** Longest question that is remembered: a name and identity members, in UTF-16 units. */
const MAX_KEY_LENGTH = 1024

/** Most simple rules that are gone through one by one, which takes less time than making a key of name and identity. */
const MAX_SHORT = 16

/** The verdicts of one list. */
export interface RuleList {
  decide(name: string, identity: Identity | null | undefined): Visibility
}

/** Values of the members that the rules of a list mention, in one order; undefined for those that are missing. */
export type MemberValues = readonly (string | undefined)[]

/** A rule in the form in which it is asked. */
export interface AskedRule {
  readonly verdict: Visibility
  readonly name: CompiledMatcher | undefined
  /** The names meant, for a rule of peers without a domain. */
  readonly anyOf: readonly string[] | undefined
  readonly members: readonly { readonly slot: number; readonly matcher: CompiledMatcher }[]
}

/** Compiles a list into an index of where its first match can be, behind a cache of what was decided. */
export function createRuleList(rules: readonly CheckedRule[], fallback: Visibility): RuleList {
  const members = [...new Set(rules.flatMap((rule) => rule.identity.map(([member]) => member)))]
  const slots = new Map(members.map((member, slot) => [member, slot]))
  const asked = rules.flatMap((rule): AskedRule[] => {
    if (rule.inert) return []
    const wanted = rule.identity.map(([member, matcher]) => ({ slot: slots.get(member) as number, matcher }))
    return [{ verdict: rule.rule.restrictions, name: rule.name, anyOf: rule.anyOf, members: wanted }]
  })
  const short = asked.length <= MAX_SHORT && asked.every(isSimple)
  const index = createRuleIndex(asked)
  const cache = createDecisionCache(MAX_CACHED_DECISIONS)

  const decideFresh = (name: string, values: MemberValues): Visibility => {
    let first = asked.length
    index.visit(name, values, (candidates) => {
      for (const candidate of candidates) {
        if (candidate >= first) return
        if (!applies(asked[candidate] as AskedRule, name, values)) continue
        first = candidate
        return
      }
    })
    return asked[first]?.verdict ?? fallback
  }

  if (members.length === 0) {
    return {
      decide(name) {
        if (name.length > MAX_NAME_LENGTH) return 'local'
        const known = cache.get(name)
        if (known !== undefined) return known
        return cache.set(name, decideFresh(name, []))
      },
    }
  }
  return {
    decide(name, identity) {
      if (name.length > MAX_NAME_LENGTH) return 'local'
      const values: (string | undefined)[] = []
      for (const member of members) {
        const value = identityValue(identity, member)
        if (value !== undefined && value.length > MAX_NAME_LENGTH) return 'local'
        values.push(value)
      }
      if (short) return asked.find((rule) => applies(rule, name, values))?.verdict ?? fallback
      const key = keyOf(name, values)
      // Long values of many members would make the cache large; they are decided each time.
      if (key.length > MAX_KEY_LENGTH) return decideFresh(name, values)
      const known = cache.get(key)
      if (known !== undefined) return known
      return cache.set(key, decideFresh(name, values))
    },
  }
}

/** With the lengths in it no two questions have one key, whatever characters they contain. */
function keyOf(name: string, values: MemberValues): string {
  let key = `${name.length}:${name}`
  for (const value of values) key += value === undefined ? '-' : `${value.length}:${value}`
  return key
}

function isSimple({ name, members }: AskedRule): boolean {
  const matchers = [name, ...members.map(({ matcher }) => matcher)]
  return matchers.every((matcher) => matcher?.how !== 'pattern' || matcher.pattern.engine !== 'linear')
}

function applies(rule: AskedRule, name: string, values: MemberValues): boolean {
  if (rule.anyOf !== undefined && !rule.anyOf.includes(name)) return false
  if (rule.name !== undefined && !matches(rule.name, name)) return false
  for (const { slot, matcher } of rule.members) {
    const value = values[slot]
    if (value === undefined || !matches(matcher, value)) return false
  }
  return true
}
