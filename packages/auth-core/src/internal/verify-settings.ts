import { keyKindOf, TOKEN_ALGORITHMS, type TokenAlgorithm } from '../token/algorithms.ts'
import type { KeyRing } from '../keys/key-ring.ts'
import type { KeySet } from '../keys/key-set.ts'
import type { VerifyTokenOptions } from '../token/verify.ts'
import { integerOption } from '../integer-option.ts'

/** Validated {@link VerifyTokenOptions}. */
export interface VerifySettings {
  readonly keys: VerifyTokenOptions['keys']
  /** The allow-list; that of a ring changes with its keys. */
  readonly algorithms: () => readonly TokenAlgorithm[]
  /** The checks that jose makes, but for the algorithm, which is another for each token. */
  readonly jose: {
    clockTolerance: number
    requiredClaims: string[]
    issuer?: string[]
    audience?: string[]
    typ?: string
  }
}

/** Checks the options once, so that a token can no longer meet a mistake of the caller. */
export function verifySettings(options: VerifyTokenOptions): VerifySettings {
  const { keys, typ } = options
  if (typeof keys?.candidates !== 'function') throw new TypeError('"keys" must be a key set')
  const algorithms = allowList(options)
  const issuer = textList('issuer', options.issuer)
  const audience = textList('audience', options.audience)
  if (typ !== undefined && (typeof typ !== 'string' || typ === '')) {
    throw new TypeError('"typ" must be a non-empty string')
  }
  const clockToleranceSeconds = integerOption(
    'clockToleranceSeconds',
    options.clockToleranceSeconds,
    5,
    0,
    60,
  )
  return {
    keys,
    algorithms,
    jose: {
      clockTolerance: clockToleranceSeconds,
      requiredClaims: ['exp', 'sub'],
      ...(issuer && { issuer }),
      ...(audience && { audience }),
      ...(typ !== undefined && { typ }),
    },
  }
}

function allowList({ keys, algorithms }: VerifyTokenOptions): () => readonly TokenAlgorithm[] {
  if (algorithms === undefined && keys.kind === 'ring') {
    const ring = keys as KeyRing
    if (!Array.isArray(ring.algorithms)) throw new TypeError('"keys" must be a ring made by createKeyRing')
    return () => ring.algorithms
  }
  const fixed = algorithmList(algorithms, keys.kind)
  return () => fixed
}

function algorithmList(
  value: readonly TokenAlgorithm[] | undefined,
  kind: KeySet['kind'],
): readonly TokenAlgorithm[] {
  if (!Array.isArray(value) || value.length === 0)
    throw new TypeError('"algorithms" must name at least one algorithm')
  for (const one of value as readonly TokenAlgorithm[]) {
    if (!TOKEN_ALGORITHMS.includes(one))
      throw new TypeError('"algorithms" has an unknown or forbidden algorithm')
    // Allowing HS256 beside a public key is the classic confusion: the public key becomes the shared secret.
    // Keys of a ring have one algorithm each, so there the list only narrows.
    if (kind !== 'ring' && keyKindOf(one) !== kind)
      throw new TypeError(`"algorithms": ${one} cannot be verified with ${kind} keys`)
  }
  return [...(value as readonly TokenAlgorithm[])]
}

function textList(name: string, value: string | readonly string[] | undefined): string[] | undefined {
  if (value === undefined) return undefined
  const list = typeof value === 'string' ? [value] : [...value]
  if (list.length === 0 || list.some((one) => typeof one !== 'string' || one === '')) {
    throw new TypeError(`"${name}" must be a non-empty string or a list of such`)
  }
  return list
}
