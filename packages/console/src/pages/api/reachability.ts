/** Whether the last request reached the control plane; pages watch it to say when it is away. */
let isReachable = true
const watchers = new Set<() => void>()

export function reportReachable(reached: boolean): void {
  if (reached === isReachable) return
  isReachable = reached
  for (const watcher of watchers) watcher()
}

export function readReachable(): boolean {
  return isReachable
}

/** @returns what ends it */
export function watchReachable(watcher: () => void): () => void {
  watchers.add(watcher)
  return () => watchers.delete(watcher)
}
