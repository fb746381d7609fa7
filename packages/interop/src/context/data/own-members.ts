/** Data of a context: a JSON object. Never changed in place: whoever changes it copies what is on the way. */
export type Data = Record<string, unknown>

/** An object or a list: what a path can lead through. */
export type Container = Data | unknown[]

export function isContainer(value: unknown): value is Container {
  return typeof value === 'object' && value !== null
}

/** The member itself, never what a prototype has under that name. */
export function memberOf(data: Data, key: string): unknown {
  return Object.hasOwn(data, key) ? data[key] : undefined
}

/** Sets a plain member, whatever it is called: assigning to `__proto__` would set the prototype. */
export function putMember(data: Data, key: string, value: unknown): void {
  if (key === '__proto__') {
    Object.defineProperty(data, key, { value, writable: true, enumerable: true, configurable: true })
  } else {
    data[key] = value
  }
}
