import { useSyncExternalStore, type ReactNode } from 'react'
import { serverNow } from '../api/server-clock.ts'
import { relative } from '../text/format.ts'

// One clock for the whole page, so that everything on it is as old as everything else.
let nowMs = serverNow()
const watchers = new Set<() => void>()
let timer: ReturnType<typeof setInterval> | undefined

function watch(watcher: () => void): () => void {
  // Nobody has turned it while nobody looked.
  if (timer === undefined) nowMs = serverNow()
  watchers.add(watcher)
  timer ??= setInterval(() => {
    nowMs = serverNow()
    for (const one of watchers) one()
  }, 1000)
  return () => {
    watchers.delete(watcher)
    if (watchers.size > 0) return
    clearInterval(timer)
    timer = undefined
  }
}

/** The present of the control plane, to the second. */
export function useNow(): number {
  return useSyncExternalStore(watch, () => nowMs)
}

/** A moment, seen from now; in full when pointed at. */
export function Time({ at }: { at: string }): ReactNode {
  const now = useNow()
  return (
    <time dateTime={at} title={fullTime(at)}>
      {relative(at, now)}
    </time>
  )
}

export function fullTime(at: string): string {
  const date = new Date(at)
  return Number.isNaN(date.getTime())
    ? at
    : date.toLocaleString(undefined, { dateStyle: 'medium', timeStyle: 'medium' })
}
