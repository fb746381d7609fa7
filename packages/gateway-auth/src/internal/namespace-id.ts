const NAMESPACE_ID = /^[A-Za-z0-9_-]{1,64}$/

/** Whether a value can be a namespace id. It becomes a workspace and so a part of NATS subjects, hence its letters. */
export function isNamespaceId(value: unknown): value is string {
  return typeof value === 'string' && NAMESPACE_ID.test(value)
}
