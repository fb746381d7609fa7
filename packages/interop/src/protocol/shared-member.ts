/**
 * One member of a message that goes to many peers, such as the data of a stream or the delta of a context: encoded once,
 * whatever the number of receivers.
 */
export interface SharedMember {
  readonly key: string
  /** MUST NOT be changed by anyone. */
  readonly value: unknown
  /** The value as JSON text; made when first asked for. */
  readonly json: string
}

export function sharedMember(key: string, value: unknown): SharedMember {
  let json: string | undefined
  return {
    key,
    value,
    get json() {
      json ??= JSON.stringify(value ?? null)
      return json
    },
  }
}
