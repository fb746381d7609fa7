import { MAX_EXPLAINED_MISSES, MAX_NAME_LENGTH } from '../limits.ts'
import { identityValue } from './identity-value.ts'
import { matches } from './matcher.ts'
import type { CheckedRule } from './normalise-rules.ts'
import type { Question } from './subject.ts'
import type { ExplainedRule, Explanation, MatchedHow, Visibility } from './types.ts'

/** Goes through the rules of one list one by one, and says of each what came of it. */
export function explain(
  rules: readonly CheckedRule[],
  fallback: Visibility,
  { list, name, identity }: Question,
): Explanation {
  const long = tooLong(rules, name, identity)
  if (long !== undefined) {
    return {
      verdict: 'local',
      because: 'too-long',
      misses: [],
      text: `local, because ${long} is longer than ${MAX_NAME_LENGTH} characters`,
    }
  }
  const misses: { path: string; why: string }[] = []
  const found: { at: ExplainedRule; checked: CheckedRule }[] = []
  for (const [index, checked] of rules.entries()) {
    const path = `${list}[${index}]`
    const why = whyNot(checked, name, identity)
    if (why === undefined) {
      found.push({ at: { list, index, path, rule: checked.rule }, checked })
      if (found.length === 2) break
    } else if (found.length === 0 && misses.length < MAX_EXPLAINED_MISSES) {
      misses.push({ path, why })
    }
  }
  const [first, second] = found
  if (first === undefined) {
    const text = `${fallback}, because no rule of "${list}" matches and the default is "${fallback}"`
    return { verdict: fallback, because: 'default', misses, text }
  }
  const verdict = first.at.rule.restrictions
  const matched = howMatched(first.checked)
  const after =
    second === undefined
      ? `without it the default "${fallback}" would decide`
      : `without it ${second.at.path} would decide "${second.at.rule.restrictions}"`
  return {
    verdict,
    because: 'rule',
    rule: first.at,
    matched,
    ...(second && { next: second.at }),
    misses,
    text: `${verdict}, because ${first.at.path} is the first rule that matches (${describe(matched)}); ${after}`,
  }
}

/** What of a subject is past the limit, if anything: the name, or a member that a rule of the list mentions. */
function tooLong(
  rules: readonly CheckedRule[],
  name: string,
  identity: Question['identity'],
): string | undefined {
  if (name.length > MAX_NAME_LENGTH) return 'the name'
  for (const rule of rules) {
    for (const [member] of rule.identity) {
      if ((identityValue(identity, member)?.length ?? 0) > MAX_NAME_LENGTH)
        return `identity member "${member}"`
    }
  }
  return undefined
}

function whyNot(rule: CheckedRule, name: string, identity: Question['identity']): string | undefined {
  if (rule.inert) return 'a rule for the domain "context" has no effect'
  if (rule.name === undefined && rule.anyOf !== undefined && !rule.anyOf.includes(name)) {
    return 'no rule for peers applies to the domain "context"'
  }
  if (rule.name !== undefined && !matches(rule.name, name)) {
    return `the name ${rule.name.how === 'exact' ? 'is not' : 'does not match'} ${quote(rule.name.text)}`
  }
  for (const [member, matcher] of rule.identity) {
    const value = identityValue(identity, member)
    if (value === undefined) return `identity member "${member}" is missing`
    if (!matches(matcher, value)) {
      return `identity member "${member}" ${matcher.how === 'exact' ? 'is not' : 'does not match'} ${quote(matcher.text)}`
    }
  }
  return undefined
}

function howMatched(rule: CheckedRule): NonNullable<Explanation['matched']> {
  return {
    name: rule.name?.how ?? 'any',
    identity: Object.fromEntries(
      rule.identity.map(([member, { how }]): [string, MatchedHow] => [member, how]),
    ),
  }
}

function describe({ name, identity }: NonNullable<Explanation['matched']>): string {
  const members = Object.entries(identity).map(([member, how]) => `${member}: ${how}`)
  return [`name: ${name}`, ...members].join(', ')
}

const quote = (text: string): string => JSON.stringify(text)
