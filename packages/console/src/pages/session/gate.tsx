import { useQueryClient } from '@tanstack/react-query'
import { useEffect, useRef, type ReactNode } from 'react'
import { Redirect, useLocation } from 'wouter'
import { Loading, ErrorNote } from '../components/notes.tsx'
import { MeProvider } from './me.tsx'
import { SetUpPage } from './set-up-page.tsx'
import { SignInPage } from './sign-in-page.tsx'
import { startOver, useSession } from './use-session.tsx'
import { Welcome } from './welcome.tsx'

/** Lets nobody past who is not signed in; the address stays, so that signing in leads where one wanted to go. */
export function Gate({ children }: { children: ReactNode }): ReactNode {
  const [path] = useLocation()
  const { data: session, error, refetch } = useSession()
  useFreshStart(session?.csrfToken)
  // Stays even once it has made somebody to be signed in as: it shows what is shown once.
  if (path === '/setup') return <SetUpPage isNeeded={session?.setupNeeded} />
  if (session === undefined) {
    return (
      <Welcome title="Portcullis">
        {error === null ? <Loading /> : <ErrorNote error={error} onRetry={() => void refetch()} />}
      </Welcome>
    )
  }
  if (session.setupNeeded && !session.signedIn) return <Redirect to="/setup" replace />
  if (!session.signedIn || session.me === undefined) return <SignInPage methods={session.methods} />
  if (path === '/sign-in') return <Redirect to="/" replace />
  return <MeProvider me={session.me}>{children}</MeProvider>
}

/** When another session has taken the place of this one, in another window, nothing of the first stays on the page. */
function useFreshStart(session: string | undefined): void {
  const queries = useQueryClient()
  const known = useRef(session)
  useEffect(() => {
    const isAnother = known.current !== undefined && session !== undefined && known.current !== session
    if (session !== undefined) known.current = session
    if (isAnother) void startOver(queries)
  }, [session, queries])
}
