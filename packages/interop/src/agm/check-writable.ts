import type { Engine } from '../engine/engine.ts'
import { InteropError } from '../errors.ts'
import type { Peer } from '../peers/peer.ts'

/** Refuses a request to a peer that does not keep up with what it was sent already. */
export function checkWritable({ counters }: Engine, receiver: Peer): void {
  if (receiver.writable) return
  counters.mailboxFull += 1
  throw new InteropError(
    'ERR_INTEROP_LIMITS_EXCEEDED',
    `Peer ${receiver.id} does not keep up with what it is sent`,
  )
}
