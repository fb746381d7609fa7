import { useQuery, type QueryClient, type UseQueryResult } from '@tanstack/react-query'
import { ApiError } from '../api/problem.ts'
import { readSession, type Session } from '../api/session.ts'

export const SESSION_KEY = ['session'] as const

/** Whether somebody is signed in, and who. */
export function useSession(): UseQueryResult<Session> {
  return useQuery({
    queryKey: SESSION_KEY,
    queryFn: ({ signal }) => readSession(signal),
    staleTime: 60_000,
    // Another window may have signed out, or in as somebody else.
    refetchOnWindowFocus: 'always',
  })
}

/** After a refusal that may mean that the session is over, or another one: looks who is signed in. */
export function lookAgain(queries: QueryClient, error: unknown): void {
  if (!(error instanceof ApiError)) return
  if (error.status === 401 || error.code === 'ERR_CSRF_TOKEN_INVALID') {
    void queries.invalidateQueries({ queryKey: SESSION_KEY })
  }
}

/** Forgets what was read for whoever was signed in, and looks who is now. */
export async function startOver(queries: QueryClient): Promise<void> {
  queries.removeQueries({ predicate: ({ queryKey }) => queryKey[0] !== SESSION_KEY[0] })
  await queries.resetQueries({ queryKey: SESSION_KEY })
}
