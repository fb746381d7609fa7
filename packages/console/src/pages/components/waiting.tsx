import type { ReactNode } from 'react'
import { ApiError } from '../api/problem.ts'
import { ErrorNote, Loading } from './notes.tsx'

interface WaitingProps {
  /** What was read; undefined until it was. */
  on: unknown
  error: Error | null
  retry: () => void
  lines?: number
}

/** Stands where something is about to be, and says when it could not be read, or no longer can. */
export function Waiting({ on, error, retry, lines = 3 }: WaitingProps): ReactNode {
  // The whole page says that the control plane is away, and that what it shows is as of before.
  const isSaidAbove = on !== undefined && error instanceof ApiError && error.status === 0
  if (error !== null && !isSaidAbove) return <ErrorNote error={error} onRetry={retry} />
  return on === undefined ? <Loading lines={lines} /> : null
}
