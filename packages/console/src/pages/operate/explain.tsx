import { useState, type SubmitEvent, type ReactNode } from 'react'
import { explain, type ExplainQuestion, type Explanation } from '../api/operate.ts'
import { Badge } from '../components/badge.tsx'
import { Button } from '../components/button.tsx'
import { AreaField, SelectField, TextField } from '../components/field.tsx'
import { ErrorNote } from '../components/notes.tsx'
import { Card } from '../shell/page.tsx'
import { useTask } from '../shell/use-task.tsx'
import { visible } from '../text/display.ts'
import { RULE_LISTS, toIdentity } from './rule-lists.ts'

type Kind = ExplainQuestion['kind']

const KINDS: readonly (readonly [kind: Kind, title: string])[] = [
  ['method', 'Method or stream'],
  ['context', 'Context'],
  ['peer', 'Peer'],
]

interface ExplainProps {
  onExplained: (question: ExplainQuestion, explanation: Explanation | null) => void
}

/** Asks which rule decides about a name and an identity. */
export function Explain({ onExplained }: ExplainProps): ReactNode {
  const [kind, setKind] = useState<Kind>('method')
  const [name, setName] = useState('')
  const [identity, setIdentity] = useState('')
  const [result, setResult] = useState<Explanation | null>(null)
  const question: ExplainQuestion = { kind, name: name.trim(), identity: toIdentity(identity) }
  const show = (explanation: Explanation | null): void => {
    setResult(explanation)
    onExplained(question, explanation)
  }
  const task = useTask({ run: () => explain(question), onDone: show })
  const submit = (event: SubmitEvent): void => {
    event.preventDefault()
    task.start()
  }
  const forget = (set: () => void): void => {
    show(null)
    set()
  }
  return (
    <Card title="Which rule decides?" lead="Type a name and who it belongs to.">
      <form className="form" onSubmit={submit}>
        <div className="pair">
          <SelectField
            label="What"
            value={kind}
            options={KINDS}
            onChange={(to) => forget(() => setKind(to))}
          />
          <TextField
            label={kind === 'peer' ? 'Domain' : 'Name'}
            required
            maxLength={1000}
            placeholder={kind === 'peer' ? 'interop' : 'T42.Notify'}
            value={name}
            onChange={(to) => forget(() => setName(to))}
          />
        </div>
        <AreaField
          label="Identity"
          rows={3}
          className="mono"
          placeholder={'application = Outlook\nuser = ann'}
          hint="One member per line, such as application = Outlook."
          value={identity}
          onChange={(to) => forget(() => setIdentity(to))}
        />
        {task.error !== null && <ErrorNote error={task.error} />}
        <footer className="form-actions">
          <Button type="submit" look="main" isBusy={task.isBusy}>
            Explain
          </Button>
        </footer>
      </form>
      <div aria-live="polite">{result !== null && <Verdict kind={kind} explanation={result} />}</div>
    </Card>
  )
}

function Verdict({ kind, explanation }: { kind: Kind; explanation: Explanation }): ReactNode {
  const { decision, rule, text, misses } = explanation
  const list = RULE_LISTS.find((one) => one.kind === kind)?.list ?? ''
  return (
    <section className="verdict">
      <h3>
        <Badge look={decision === 'cluster' ? 'accent' : 'plain'}>{visible(decision)}</Badge>
        {rule === null ? 'No rule matches: the default decides' : `${list}[${rule}] decides`}
      </h3>
      <p className="prose">{visible(text)}</p>
      {misses.length > 0 && (
        <details className="more-options">
          <summary>Why not the rules before it</summary>
          <ul className="misses">
            {misses.map(({ path, why }) => (
              <li key={path}>
                <code>{visible(path)}</code> {visible(why)}
              </li>
            ))}
          </ul>
        </details>
      )}
    </section>
  )
}
