import { explain } from './explain.ts'
import { checkRules, RULE_LISTS } from './normalise-rules.ts'
import { createRuleList, type RuleList } from './rule-list.ts'
import { questionOf } from './subject.ts'
import type { RuleListName, VisibilityPolicy, VisibilityRules } from './types.ts'

/**
 * Checks rules from code or JSON and compiles them. The result keeps nothing of the value it was made from. Throws a
 * `VisibilityError` whose `path` names the offending rule: `contexts[2].identity.application`.
 */
export function compileRules(rules: VisibilityRules): VisibilityPolicy
/** The same for what is not known to be rules yet, such as parsed JSON. */
export function compileRules(rules: unknown): VisibilityPolicy
export function compileRules(rules: unknown): VisibilityPolicy {
  const checked = checkRules(rules)
  const fallback = checked.rules.default
  const lists = Object.fromEntries(
    RULE_LISTS.map((list) => [list, createRuleList(checked.lists[list], fallback)]),
  ) as unknown as Readonly<Record<RuleListName, RuleList>>
  return {
    decide(subject) {
      const { list, name, identity } = questionOf(subject)
      return lists[list].decide(name, identity)
    },
    explain(subject) {
      const question = questionOf(subject)
      return explain(checked.lists[question.list], fallback, question)
    },
    rules: checked.rules,
  }
}
