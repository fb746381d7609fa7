/** Most capabilities of one client. */
export const MAX_CAPABILITIES = 64

/** What a capability looks like. It becomes a scope, whose letters are a superset of these. @see RFC 6749 §3.3 */
export const CAPABILITY: RegExp = /^[A-Za-z0-9:._-]{1,64}$/

/** Whether a value is a list of capabilities that a client may have. */
export function isCapabilityList(value: unknown): value is readonly string[] {
  return (
    Array.isArray(value) &&
    value.length <= MAX_CAPABILITIES &&
    value.every((one) => typeof one === 'string' && CAPABILITY.test(one))
  )
}
