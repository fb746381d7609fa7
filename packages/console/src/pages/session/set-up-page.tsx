import { useQueryClient } from '@tanstack/react-query'
import { useState, type SubmitEvent, type ReactNode } from 'react'
import { Link, useLocation } from 'wouter'
import { setUp } from '../api/session.ts'
import { Button } from '../components/button.tsx'
import { ShownOnce, Snippet } from '../components/copy.tsx'
import { TextField } from '../components/field.tsx'
import { ErrorNote, Loading, Note } from '../components/notes.tsx'
import { useTask } from '../shell/use-task.tsx'
import { setupToken } from './setup-token.ts'
import { startOver } from './use-session.tsx'
import { Welcome } from './welcome.tsx'

/** The first visit: makes the first operator, and shows its key in the one moment in which it can be read. */
export function SetUpPage({ isNeeded }: { isNeeded: boolean | undefined }): ReactNode {
  const [apiKey, setApiKey] = useState<string | null>(null)
  const token = setupToken()
  if (apiKey !== null) return <KeyShown apiKey={apiKey} />
  if (isNeeded === false) {
    return (
      <Welcome title="Already set up" lead="Somebody has done this before. A set-up link works once.">
        <Link className="button main" href="/">
          Go on
        </Link>
      </Welcome>
    )
  }
  if (isNeeded === undefined && token === null) {
    return (
      <Welcome title="Set up Portcullis">
        <Loading />
      </Welcome>
    )
  }
  return token === null ? <LinkNeeded /> : <SetUpForm token={token} onDone={setApiKey} />
}

function SetUpForm({ token, onDone }: { token: string; onDone: (apiKey: string) => void }): ReactNode {
  const [name, setName] = useState('')
  const task = useTask({ run: () => setUp(token, name.trim()), onDone })
  const submit = (event: SubmitEvent): void => {
    event.preventDefault()
    task.start()
  }
  return (
    <Welcome
      title="Welcome to Portcullis"
      lead="You are the first here. This makes you the operator of the installation, with a key of your own."
    >
      <form className="form" onSubmit={submit}>
        <TextField
          label="Your name"
          placeholder="Ada"
          maxLength={200}
          autoFocus
          value={name}
          onChange={setName}
          hint="What your key is called. You may leave it out."
        />
        {task.error !== null && <ErrorNote error={task.error} />}
        <Button type="submit" look="main" isBusy={task.isBusy}>
          Set up
        </Button>
      </form>
    </Welcome>
  )
}

function KeyShown({ apiKey }: { apiKey: string }): ReactNode {
  const queries = useQueryClient()
  const [, navigate] = useLocation()
  const leave = async (): Promise<void> => {
    await startOver(queries)
    navigate('/', { replace: true })
  }
  return (
    <Welcome title="Your API key" lead="You sign in with it, here and with the command line.">
      <ShownOnce label="API key" secret={apiKey} />
      <Note look="warn">
        <p>
          It is shown this once. Keep it where you keep passwords: nobody can read it again, not even you.
        </p>
      </Note>
      <Button look="main" onClick={() => void leave()}>
        I have kept it
      </Button>
    </Welcome>
  )
}

function LinkNeeded(): ReactNode {
  return (
    <Welcome
      title="Set up Portcullis"
      lead="Nobody operates this installation yet. The control plane prints a one-time link when it starts; open that."
    >
      <Snippet
        label="Printed where it was started, good for an hour, once"
        code={`${location.origin}/setup#…`}
      />
      <p className="hint">
        It has expired or you cannot find it? Restart the control plane, and it prints another one.
      </p>
    </Welcome>
  )
}
