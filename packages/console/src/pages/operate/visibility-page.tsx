import { useQuery } from '@tanstack/react-query'
import { useState, type ReactNode } from 'react'
import { readRules, type ExplainQuestion, type Explanation, type VisibilityRule } from '../api/operate.ts'
import { Badge } from '../components/badge.tsx'
import { Snippet } from '../components/copy.tsx'
import { Empty } from '../components/notes.tsx'
import { Waiting } from '../components/waiting.tsx'
import { Card, Page } from '../shell/page.tsx'
import { visible } from '../text/display.ts'
import { Explain } from './explain.tsx'
import { RULE_LISTS, ruleName, type RuleList } from './rule-lists.ts'

/** What an explanation points at. */
interface Decided {
  readonly question: ExplainQuestion
  readonly explanation: Explanation
}

export function VisibilityPage(): ReactNode {
  const { data, error, refetch } = useQuery({ queryKey: ['visibility'], queryFn: readRules })
  const [decided, setDecided] = useState<Decided | null>(null)
  const isEmpty = data !== undefined && RULE_LISTS.every(({ list }) => data[list].length === 0)
  return (
    <Page
      title="Visibility"
      lead="Which contexts, methods and peers stay on one gateway, and which the whole cluster sees. The first rule that matches decides."
    >
      <Explain
        onExplained={(question, explanation) => setDecided(explanation && { question, explanation })}
      />
      <Waiting on={data} error={error} retry={() => void refetch()} />
      {isEmpty && <NoRules fallback={data.default} />}
      {data !== undefined &&
        RULE_LISTS.filter(({ list }) => data[list].length > 0).map(({ list, title, kind }) => (
          <Rules
            key={list}
            title={title}
            list={list}
            rules={data[list]}
            deciding={decided?.question.kind === kind ? decided.explanation.rule : null}
          />
        ))}
      {data !== undefined && !isEmpty && (
        <p className="hint">
          Whatever no rule matches is <strong>{visible(data.default)}</strong>.
        </p>
      )}
    </Page>
  )
}

interface RulesProps {
  title: string
  list: RuleList
  rules: readonly VisibilityRule[]
  /** Index of the rule that decided what was asked. */
  deciding: number | null
}

function Rules({ title, list, rules, deciding }: RulesProps): ReactNode {
  return (
    <Card title={title}>
      <ol className="rules" start={0}>
        {rules.map((rule, index) => (
          // Their order is what they are known by.
          <li key={index} aria-current={deciding === index ? 'true' : undefined}>
            <code className="rule-path">{`${list}[${index}]`}</code>
            <span className="rule-what">
              <code>{visible(ruleName(rule))}</code>
              {Object.entries(rule.identity ?? {}).map(([member, value]) => (
                <small key={member}>
                  where {visible(member)} is <code>{visible(value)}</code>
                </small>
              ))}
            </span>
            <Badge look={rule.restrictions === 'cluster' ? 'accent' : 'plain'}>{rule.restrictions}</Badge>
            {deciding === index && <Badge look="good">decides</Badge>}
          </li>
        ))}
      </ol>
    </Card>
  )
}

function NoRules({ fallback }: { fallback: string }): ReactNode {
  return (
    <Empty icon="visibility" title={`No rules: everything is ${visible(fallback)}`}>
      <p>
        Rules are part of a gateway&apos;s configuration. This one lets every context of T42 stay where it is:
      </p>
      <Snippet
        label="Visibility rules"
        code={`{
  "contexts": [
    { "context": "/T42\\\\..+/", "restrictions": "local" },
    { "restrictions": "cluster" }
  ]
}`}
      />
    </Empty>
  )
}
