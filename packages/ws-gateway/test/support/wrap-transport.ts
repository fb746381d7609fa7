import type { Transport } from '@portcullis/transport'

/** A transport with some methods replaced, for faults that the real one does not produce on demand. */
export function wrapTransport(transport: Transport, replaced: Partial<Transport>): Transport {
  return new Proxy(transport, {
    get(target, name) {
      const value: unknown = Reflect.get(name in replaced ? replaced : target, name, target)
      return typeof value === 'function' && !(name in replaced) ? (value.bind(target) as unknown) : value
    },
  })
}
