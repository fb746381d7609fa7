import type { Departure } from '../engine/domain.ts'
import type { Peer } from '../peers/peer.ts'
import type { Calls } from './calls.ts'
import type { Member } from './member.ts'
import { type Ending, methodsRemoved, PEER_REMOVED, peerAdded, peerRemoved } from './messages.ts'
import type { Methods } from './methods.ts'
import type { Roster } from './roster.ts'
import type { Streams } from './streams.ts'

/** Who hears of whom. */
export interface Presence {
  joined(peer: Peer): void
  leaving(peer: Peer, departure: Departure): void
  hiding(peer: Peer): void
  showing(peer: Peer): void
}

export function createPresence(roster: Roster, methods: Methods, calls: Calls, streams: Streams): Presence {
  /** A client refuses methods of a server that it was not told of. */
  function introduce(newcomer: Member, to: Member): void {
    to.peer.send(peerAdded(newcomer), newcomer.identity)
    methods.introduce(newcomer, to)
  }

  /** The parting of a member, for each of those that saw it: without what they may not know. */
  function farewell(member: Member, ending: Ending): (to: Member) => void {
    const message = peerRemoved(member, ending)
    return ({ peer }) => {
      const ids = member.methods.idsFor(peer)
      if (ids !== undefined) peer.send(methodsRemoved(member), ids)
      peer.send(message)
    }
  }

  return {
    joined(peer) {
      const member = roster.add(peer)
      for (const other of roster.visibleTo(peer)) {
        if (peer.local) introduce(other, member)
        if (other.peer.local) introduce(member, other)
      }
    },

    leaving(peer, departure) {
      const member = roster.find(peer)
      if (member === undefined) return
      calls.serverLeft(member)
      streams.serverLeft(member)
      streams.subscriberLeft(member, departure)
      calls.callerLeft(member)
      const tell = farewell(member, departure)
      for (const other of roster.visibleTo(peer)) if (other.peer.local) tell(other)
      roster.remove(peer)
    },

    hiding(peer) {
      const member = roster.find(peer)
      if (member === undefined) return
      calls.parted(member)
      streams.parted(member)
      for (const other of roster.visibleTo(peer)) {
        if (!other.peer.local) farewell(other, PEER_REMOVED)(member)
      }
      methods.hide(member)
    },

    showing(peer) {
      const member = roster.find(peer)
      if (member === undefined) return
      methods.decideAgain(member)
      for (const other of roster.visibleTo(peer)) {
        if (!other.peer.local) introduce(other, member)
      }
    },
  }
}
