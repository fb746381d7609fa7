/** Adds control frames: welcome, ack, nack, error, ping. */
export const PROTOCOL_V1 = 'portcullis.v1'
/** Application frames only, as without a sub-protocol; there to be chosen by browsers that send `bearer.<token>`. */
export const PROTOCOL_PLAIN = 'portcullis.plain'

export type Protocol = typeof PROTOCOL_V1 | typeof PROTOCOL_PLAIN

/** The sub-protocol to answer with: the first offered one that is ours. Tokens are never echoed. */
export function chooseProtocol(offered: Iterable<string>): Protocol | false {
  for (const protocol of offered) {
    if (protocol === PROTOCOL_V1 || protocol === PROTOCOL_PLAIN) return protocol
  }
  return false
}
