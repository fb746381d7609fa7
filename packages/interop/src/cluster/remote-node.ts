import type { ClusterNode } from './cluster.ts'
import { Inbox, type InboxLimits } from './wire/inbox.ts'

/** What this node keeps of another one, and of their current session. */
export interface RemoteNode {
  readonly id: string
  /** Of its start. */
  readonly epoch: string
  readonly startedAt: number
  /** When it was last heard. */
  heardAt: number
  /** This node's name for the session. */
  link: string
  /** The other's, once it has said it. */
  theirs: string | undefined
  /** The link of the other that it was sent this node's state for. */
  served: string | undefined
  servedAt: number
  /** Set while a request for this node's state waits, because it was sent a moment ago. */
  serving: NodeJS.Timeout | undefined
  inbox: Inbox
  /** Set while it is up: its state is here. */
  up: ClusterNode | undefined
  upAt: number
  /** Sessions that failed in a row. */
  failures: number
  /** Set while this node waits for the state. */
  asking: NodeJS.Timeout | undefined
  /** Direct frames sent in the session, and their bytes. */
  directs: number
  directBytes: number
  /** Bytes of broadcasts that were sent before the session. */
  castBase: number
  /** Bytes that the other says have arrived, and those that it was told of. */
  confirmed: number
  confirming: number
}

export function createRemoteNode(
  { id, epoch, startedAt }: { id: string; epoch: string; startedAt: number },
  self: string,
  link: string,
  limits: InboxLimits,
): RemoteNode {
  return {
    id,
    epoch,
    startedAt,
    heardAt: 0,
    link,
    theirs: undefined,
    served: undefined,
    servedAt: Number.NEGATIVE_INFINITY,
    serving: undefined,
    inbox: new Inbox(self, link, limits),
    up: undefined,
    upAt: 0,
    failures: 0,
    asking: undefined,
    directs: 0,
    directBytes: 0,
    castBase: 0,
    confirmed: 0,
    confirming: 0,
  }
}

/** Nothing of the session so far holds any more; `link` names the next one. */
export function beginAnew(remote: RemoteNode, self: string, link: string, limits: InboxLimits): void {
  stopTimers(remote)
  remote.link = link
  remote.theirs = undefined
  remote.served = undefined
  remote.inbox = new Inbox(self, link, limits)
  remote.directs = 0
  remote.directBytes = 0
  remote.confirmed = 0
  remote.confirming = 0
}

export function stopTimers(remote: RemoteNode): void {
  clearTimeout(remote.asking)
  clearTimeout(remote.serving)
  remote.asking = undefined
  remote.serving = undefined
}
