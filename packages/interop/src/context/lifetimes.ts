import { InteropError } from '../errors.ts'

/**
 * When a context ends without being asked to. `retained`: never. `ref-counted`: with its last member. `ownership`: with the
 * membership of the peer that created it.
 */
export type Lifetime = 'retained' | 'ref-counted' | 'ownership'

const LIFETIMES: ReadonlySet<unknown> = new Set<Lifetime>(['retained', 'ref-counted', 'ownership'])

/**
 * The lifetime a request asks for. `activity`, which no client can ask for, is refused like anything unknown.
 *
 * @throws InteropError `ERR_INTEROP_BAD_LIFETIME`
 */
export function readLifetime(value: unknown): Lifetime {
  if (isLifetime(value)) return value
  const said = typeof value === 'string' ? value.slice(0, 64) : ''
  throw new InteropError('ERR_INTEROP_BAD_LIFETIME', `Bad lifetime value ${said}`)
}

/** @throws TypeError for what is no lifetime */
export function lifetimeOption(name: string, value: unknown): Lifetime | undefined {
  if (value === undefined || isLifetime(value)) return value
  throw new TypeError(`"${name}" must be one of ${[...LIFETIMES].join(', ')}`)
}

export function isLifetime(value: unknown): value is Lifetime {
  return LIFETIMES.has(value)
}
