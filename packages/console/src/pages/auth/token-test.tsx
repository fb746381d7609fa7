import { useState, type SubmitEvent, type ReactNode } from 'react'
import { testToken, type TokenCheck, type TokenTest as Result } from '../api/project-access.ts'
import type { Project } from '../api/projects.ts'
import { Button } from '../components/button.tsx'
import { AreaField, TextField } from '../components/field.tsx'
import { Icon } from '../components/icon.tsx'
import { ErrorNote } from '../components/notes.tsx'
import { Card } from '../shell/page.tsx'
import { useTask } from '../shell/use-task.tsx'
import { pretty, visible } from '../text/display.ts'
import { checkText } from './check-texts.ts'

/** Tries a token against what is saved, and says of each check what came of it. */
export function TokenTest({ project }: { project: Project }): ReactNode {
  const [token, setToken] = useState('')
  const [host, setHost] = useState('')
  const [result, setResult] = useState<Result | null>(null)
  const task = useTask({
    run: () =>
      testToken(project.workspaceId, project.projectId, {
        token: token.trim().replace(/^bearer\s+/i, ''),
        ...(host.trim() !== '' && { host: host.trim() }),
      }),
    onDone: setResult,
  })
  const submit = (event: SubmitEvent): void => {
    event.preventDefault()
    task.start()
  }
  const forget = (set: () => void): void => {
    setResult(null)
    set()
  }
  return (
    <Card
      title="Test this token"
      lead="Checked the way a gateway would, against what is saved above. It opens no session, and the token is not kept."
    >
      <form className="form" onSubmit={submit}>
        <AreaField
          label="Token"
          required
          rows={4}
          maxLength={16_384}
          className="mono"
          placeholder="eyJhbGciOi…"
          value={token}
          onChange={(value) => forget(() => setToken(value))}
        />
        <TextField
          label="Host (optional)"
          placeholder={project.hosts[0]}
          value={host}
          onChange={(value) => forget(() => setHost(value))}
          hint="As your client connects to it, to see whether it leads here."
        />
        {task.error !== null && <ErrorNote error={task.error} />}
        <footer className="form-actions">
          <Button type="submit" look="main" isBusy={task.isBusy}>
            Test this token
          </Button>
        </footer>
      </form>
      <div aria-live="polite">{result !== null && <TestResult result={result} />}</div>
    </Card>
  )
}

function TestResult({ result }: { result: Result }): ReactNode {
  const failed = result.checks.filter(({ status }) => status === 'failed')
  return (
    <section className={result.ok ? 'verdict good' : 'verdict bad'}>
      <h3>
        <Icon name={result.ok ? 'check' : 'cross'} size={20} />
        {result.ok
          ? 'This token is let in'
          : `Refused: ${failed.map(({ check }) => visible(check)).join(', ')}`}
      </h3>
      {failed.length > 0 && <Checks checks={failed} label="Failed" />}
      <Checks checks={result.checks.filter(({ status }) => status !== 'failed')} label="Not failed" />
      {result.ok && (
        <p className="prose">
          Its session belongs to <strong>{result.userId === null ? 'nobody' : visible(result.userId)}</strong>
          .
        </p>
      )}
      {result.claims !== null && (
        <details className="more-options">
          <summary>{result.ok ? 'What the token says' : 'What the token says, unverified'}</summary>
          <pre className="raw">{pretty(result.claims)}</pre>
        </details>
      )}
    </section>
  )
}

function Checks({ checks, label }: { checks: readonly TokenCheck[]; label: string }): ReactNode {
  return (
    <ul className="token-checks" aria-label={label}>
      {checks.map((check) => (
        <Check key={check.check} check={check} />
      ))}
    </ul>
  )
}

const ICONS = { passed: 'check', failed: 'cross', skipped: 'dash' } as const

function Check({ check }: { check: TokenCheck }): ReactNode {
  const { title, advice } = checkText(check)
  return (
    <li className={check.status}>
      <Icon name={ICONS[check.status]} size={18} />
      <div>
        <p>
          {visible(title)} <span className="check-status">{check.status}</span>
        </p>
        <p className="hint">{visible(check.detail)}</p>
        {check.status === 'failed' && advice !== '' && <p className="advice">{advice}</p>}
      </div>
    </li>
  )
}
