import { useQueryClient } from '@tanstack/react-query'
import { useEffect, useSyncExternalStore, type ReactNode } from 'react'
import { readReachable, watchReachable } from '../api/reachability.ts'
import { readSession } from '../api/session.ts'
import { Button } from '../components/button.tsx'

const PROBE_MS = 2000

/** Says when the control plane is away, tries by itself, and reads everything again once it is back. */
export function UnreachableBanner(): ReactNode {
  const queries = useQueryClient()
  const isReachable = useSyncExternalStore(watchReachable, readReachable)
  useEffect(() => {
    if (isReachable) return undefined
    let timer: ReturnType<typeof setTimeout> | undefined
    // One after the other: an answer may take long to stay away. Nobody waits for a page that is not seen.
    const probe = async (): Promise<void> => {
      if (!document.hidden) await readSession(ended.signal).catch(() => {})
      if (!ended.signal.aborted) timer = setTimeout(() => void probe(), PROBE_MS)
    }
    const ended = new AbortController()
    timer = setTimeout(() => void probe(), PROBE_MS)
    return () => {
      ended.abort()
      clearTimeout(timer)
      void queries.invalidateQueries()
    }
  }, [isReachable, queries])
  if (isReachable) return null
  return (
    <div className="banner" role="alert">
      <p>
        <strong>The control plane cannot be reached.</strong> What you see is as of before. Trying again…
      </p>
      <Button onClick={() => void readSession().catch(() => {})}>Try now</Button>
    </div>
  )
}
