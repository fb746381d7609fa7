/** Another node of the cluster that is alive and has told us what it announces. */
export interface ClusterNode {
  readonly id: string
  /** When it started, milliseconds since the epoch by its own clock. The oldest node, then the smallest id, orders contexts. */
  readonly startedAt: number
}

/** What one part of the engine does with the messages of its counterparts on other nodes. */
export interface ChannelHandlers {
  /** What a node that has just come up must know of this one. JSON. */
  snapshot?(nodeId: string): unknown
  /** First of all from a node; again when the node was lost in between, after `nodeDown`. */
  nodeUp?(node: ClusterNode, snapshot: unknown): void
  message(nodeId: string, message: unknown): void
  /** The node left, died, or was lost. All that it announced is void. */
  nodeDown?(nodeId: string): void
  /** What was put off since `collect` MUST be sent now. */
  flush?(): void
}

/** JSON messages between equal parts of different nodes. In order per node, across all channels; never with a gap. */
export interface Channel {
  /** To every other node. Costs nothing when there is none. */
  broadcast(message: unknown): void
  /** To one node; dropped when it is gone, which `nodeDown` has then said or will say. */
  send(nodeId: string, message: unknown): void
  /**
   * The channel puts messages off, to send several as one: `flush` is called before anything of another channel is sent, and
   * at the end of this turn. Where it is missing nothing can be put off.
   */
  collect?(): void
}

/**
 * The gateways that share a transport. A message that was lost on the way makes the receiver treat its sender as down, and
 * ask it for everything anew: a channel never skips one.
 */
export interface Cluster {
  readonly nodeId: string
  readonly startedAt: number
  /** The others, by id. */
  readonly nodes: ReadonlyMap<string, ClusterNode>
  /** MUST be called before `start`. Nodes come up channel by channel in the order of opening, and go down in reverse. */
  open(name: string, handlers: ChannelHandlers): Channel
  /** Resolves when this node can be heard and has heard those that answered at once. */
  start(): Promise<void>
  /** Ends a start that may take forever, such as one whose server is not there: it rejects. */
  giveUp?(): void
  /** False while a node is so far behind with what it was sent that new requests for it are refused. */
  writable?(nodeId: string): boolean
  /** Says goodbye, so that others need not wait for the silence. */
  close(): Promise<void>
}
