/** Peers, instances, contexts, and requests: invocations and subscriptions alike. */
export type IdKind = 'p' | 'i' | 'c' | 'r'

/** `<kind>-<node>-<n>`, one counter for all kinds. */
export type IdSource = (kind: IdKind) => string

export function createIds(nodeId: string): IdSource {
  let count = 0
  return (kind) => {
    count += 1
    return `${kind}-${nodeId}-${count}`
  }
}
