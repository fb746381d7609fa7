import { useQueryClient } from '@tanstack/react-query'
import { useState, type SubmitEvent, type ReactNode } from 'react'
import { useLocation, useSearchParams } from 'wouter'
import { oidcLogin, signIn, type Session } from '../api/session.ts'
import { ApiError } from '../api/problem.ts'
import { Button } from '../components/button.tsx'
import { TextField } from '../components/field.tsx'
import { ErrorNote } from '../components/notes.tsx'
import { useTask } from '../shell/use-task.tsx'
import { startOver } from './use-session.tsx'
import { Welcome } from './welcome.tsx'

export function SignInPage({ methods }: { methods: Session['methods'] }): ReactNode {
  const queries = useQueryClient()
  const [path] = useLocation()
  const [query] = useSearchParams()
  const [apiKey, setApiKey] = useState('')
  const task = useTask({
    run: () => signIn(apiKey.trim()),
    onDone: () => startOver(queries),
  })
  const refusal = refusalIn(query)
  const isRefused = task.error instanceof ApiError && task.error.status === 401
  const submit = (event: SubmitEvent): void => {
    event.preventDefault()
    task.start()
  }
  return (
    <Welcome title="Sign in" lead="The console of your real-time edge.">
      {refusal !== null && <ErrorNote error={refusal} />}
      {methods.oidc && (
        <>
          <a className="button main" href={oidcLogin(addressOf(path, query))}>
            Sign in with your identity provider
          </a>
          <p className="or">or</p>
        </>
      )}
      <form className="form" onSubmit={submit}>
        <TextField
          label="API key"
          type="password"
          name="api-key"
          placeholder="pck_…"
          required
          autoFocus
          maxLength={512}
          value={apiKey}
          onChange={setApiKey}
          hint="Yours, or that of a workspace. This browser keeps a session of it, and not the key."
          error={
            isRefused
              ? 'This key is not valid: it may have been revoked, rotated or have expired.'
              : undefined
          }
        />
        {task.error !== null && !isRefused && <ErrorNote error={task.error} />}
        <Button type="submit" look={methods.oidc ? 'plain' : 'main'} isBusy={task.isBusy}>
          Sign in
        </Button>
      </form>
    </Welcome>
  )
}

/** Added to the address when one comes back from the identity provider without having been let in. */
const REFUSAL = 'signInError'

function refusalIn(query: URLSearchParams): ApiError | null {
  const code = query.get(REFUSAL)
  return code === null ? null : new ApiError(400, { code, detail: 'Signing in did not work out. Try again.' })
}

/** Where one wanted to go. */
function addressOf(path: string, query: URLSearchParams): string {
  const wanted = new URLSearchParams(query)
  wanted.delete(REFUSAL)
  return wanted.size === 0 ? path : `${path}?${String(wanted)}`
}
