import type { Peer } from '../peers/peer.ts'

/** What publications are told apart by, beside their topic. Anything that JSON can hold and `===` can compare. */
export type RoutingKey = string | number | boolean

/** One interest of one local peer. */
export interface Subscription {
  readonly id: string
  readonly subscriber: Peer
  readonly topic: string
  readonly routingKey: RoutingKey | undefined
}
