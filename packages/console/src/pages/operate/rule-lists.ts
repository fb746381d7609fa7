import type { ExplainQuestion, VisibilityRule } from '../api/operate.ts'

export type RuleList = 'contexts' | 'methods' | 'peers'

/** The lists of a rule set, and what each is about. */
export const RULE_LISTS: readonly { list: RuleList; kind: ExplainQuestion['kind']; title: string }[] = [
  { list: 'contexts', kind: 'context', title: 'Contexts' },
  { list: 'methods', kind: 'method', title: 'Methods' },
  { list: 'peers', kind: 'peer', title: 'Peers' },
]

/** What a rule is about; one without a name is about all. */
export function ruleName({ context, method, domain }: VisibilityRule): string {
  return context ?? method ?? domain ?? 'any'
}

/** Lines of `member = value` as an identity; what has no `=` is left out. */
export function toIdentity(lines: string): Record<string, string> {
  const entries = lines.split('\n').flatMap((line) => {
    const [name = '', ...rest] = line.split('=')
    return rest.length === 0 || name.trim() === '' ? [] : [[name.trim(), rest.join('=').trim()] as const]
  })
  return Object.fromEntries(entries)
}
