/** The domains a peer joins. `global` is the one that every connection speaks. */
export type DomainName = 'agm' | 'bus' | 'context' | 'metrics'

/** A JSON object as it came in: own members only, values of any type. */
export interface JsonObject {
  [key: string]: unknown
}

/** A message from a client, checked to be an object with a `type`. */
export interface ClientMessage extends JsonObject {
  type: string
  /** As sent; `global` when absent. */
  domain: string
  /** Any JSON value; echoed as is. */
  request_id?: unknown
}

/** A message to a peer. Its `peer_id`, the addressee, is added on the way out. */
export interface ServerMessage extends JsonObject {
  domain: string
  type: string
}

/** Members of a peer's identity: `user`, `login`, `instance`, `machine`, `application` and what else the client said. */
export type Identity = Readonly<Record<string, unknown>>
