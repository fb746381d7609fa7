/** Something that was done, said for a moment. */
export interface Toast {
  readonly id: number
  readonly text: string
}

const SHOWN_MS = 4000
const MOST = 3
let toasts: readonly Toast[] = []
let count = 0
const watchers = new Set<() => void>()

export function showToast(text: string): void {
  count += 1
  const toast = { id: count, text }
  set([...toasts, toast].slice(-MOST))
  setTimeout(() => set(toasts.filter((one) => one !== toast)), SHOWN_MS)
}

export function readToasts(): readonly Toast[] {
  return toasts
}

/** @returns what ends it */
export function watchToasts(watcher: () => void): () => void {
  watchers.add(watcher)
  return () => watchers.delete(watcher)
}

function set(next: readonly Toast[]): void {
  toasts = next
  for (const watcher of watchers) watcher()
}
