import { SignJWT } from 'jose'
import { AuthError } from '../errors.ts'
import { readRingKey, type RingKey } from '../internal/ring-key.ts'
import type { TokenAlgorithm } from '../token/algorithms.ts'
import type { KeySet, VerificationKey } from './key-set.ts'
import type { PublicJwk, SigningKeyOptions } from './signing-key.ts'

/** Options of {@link KeyRing.sign}. */
export interface SignOptions {
  /** `typ` header, such as `at+jwt`. @defaultValue none */
  typ?: string | undefined
}

/** Keys that sign and verify tokens, and may change while they do. */
export interface KeyRing extends KeySet {
  readonly kind: 'ring'
  /** The algorithms of the keys that verify now. */
  readonly algorithms: readonly TokenAlgorithm[]
  /** Goes up whenever the keys that verify have changed: by `add`, by `remove`, or because one has expired. */
  readonly generation: number
  /**
   * Signs `claims` as they are, with the newest key whose `signFrom` has passed; `alg` and `kid` name it in the header.
   *
   * @returns a compact JWS
   * @throws AuthError `ERR_AUTH_KEYS_UNAVAILABLE` when every key that could sign has expired
   */
  sign(claims: Readonly<Record<string, unknown>>, options?: SignOptions): Promise<string>
  /** The public keys that verify now or sign later, newest first, as a JWKS endpoint serves them. Secrets are never in it. */
  jwks(): { keys: PublicJwk[] }
  /**
   * Adds a key, which signs from its `signFrom`, or at once, and verifies immediately. Expired keys make room.
   *
   * @returns its `kid`
   * @throws TypeError as `createKeyRing` does
   */
  add(key: SigningKeyOptions): string
  /**
   * Removes a key: from now on its tokens are refused.
   *
   * @returns whether there was such a key
   * @throws TypeError when no other key can sign now; add its successor first
   */
  remove(kid: string): boolean
}

/** Tokens without `kid` are tried against every key of their algorithm, so there cannot be many. */
const MAX_KEYS = 32

/**
 * A ring of keys. Of several that may sign, the one with the latest `signFrom` does, and of equal ones the last added or
 * else the first in the list.
 *
 * To rotate without a failed verification on any machine: add the next key everywhere with a `signFrom` later than every
 * cache of the published keys, let it sign from then on, and keep the previous one until its last token has expired
 * (`verifyUntil`).
 *
 * @param keys - 1 to 32, at least one of which can sign now
 * @throws TypeError naming the option that is wrong; no message contains key material
 * @see RFC 7517, RFC 7638, RFC 8725 §3.1
 */
export function createKeyRing(keys: readonly SigningKeyOptions[]): KeyRing {
  if (!Array.isArray(keys)) throw new TypeError('"keys" must be a list')
  // Newest first, by `signFrom`; sorting is stable, so the order of the list decides between equals.
  let ring = inOrder(keys.map((key) => readRingKey(key, -Infinity)))
  checkRing(ring)
  if (signerAt(ring, Date.now()) === undefined) throw new TypeError('a ring needs a key that can sign now')
  let generation = 0
  let live = liveAt(ring, Date.now())

  /** The keys that verify now, noticing on the way that one has expired. */
  function current(): Live {
    const now = Date.now()
    if (now < live.from || now >= live.until) {
      live = liveAt(ring, now)
      generation += 1
    }
    return live
  }

  function replace(next: RingKey[]): void {
    checkRing(next)
    ring = next
    live = liveAt(ring, Date.now())
    generation += 1
  }

  return Object.freeze({
    kind: 'ring' as const,
    get algorithms(): readonly TokenAlgorithm[] {
      return current().algorithms
    },
    get generation(): number {
      current()
      return generation
    },
    async candidates({ alg, kid }): Promise<readonly VerificationKey[]> {
      // Exactly its own algorithm: a token cannot talk a key into another one.
      const fitting = current().keys.filter(
        (key) => key.algorithm === alg && (kid === undefined || kid === key.kid),
      )
      return Promise.all(fitting.map(async (key) => key.verifyKey()))
    },
    async sign(claims, options = {}): Promise<string> {
      const { typ } = options
      if (typeof claims !== 'object' || claims === null) throw new TypeError('"claims" must be an object')
      if (typ !== undefined && typeof typ !== 'string') throw new TypeError('"typ" must be a string')
      const key = signerAt(ring, Date.now())
      if (key === undefined) throw new AuthError('ERR_AUTH_KEYS_UNAVAILABLE', 'no key can sign now')
      return new SignJWT(claims)
        .setProtectedHeader({ alg: key.algorithm, kid: key.kid, ...(typ !== undefined && { typ }) })
        .sign(await key.signKey())
    },
    jwks(): { keys: PublicJwk[] } {
      return { keys: current().keys.flatMap(({ jwk }) => (jwk === undefined ? [] : [{ ...jwk }])) }
    },
    add(options): string {
      const now = Date.now()
      const added = readRingKey(options, now)
      replace(inOrder([added, ...ring.filter(({ verifyUntil }) => verifyUntil > now)]))
      return added.kid
    },
    remove(kid): boolean {
      const rest = ring.filter((key) => key.kid !== kid)
      if (rest.length === ring.length) return false
      // A ring whose keys have all expired cannot lose what it does not have.
      if (signerAt(ring, Date.now()) !== undefined && signerAt(rest, Date.now()) === undefined) {
        throw new TypeError('a ring needs a key that can sign now: add another one first')
      }
      replace(rest)
      return true
    },
  } satisfies KeyRing)
}

/** The keys that verify during a span of time. */
interface Live {
  readonly from: number
  readonly until: number
  readonly keys: readonly RingKey[]
  readonly algorithms: readonly TokenAlgorithm[]
}

function liveAt(ring: readonly RingKey[], now: number): Live {
  const ends = ring.map(({ verifyUntil }) => verifyUntil)
  const keys = ring.filter(({ verifyUntil }) => verifyUntil > now)
  return {
    // The past has an end too: a clock that is set back brings keys back.
    from: Math.max(-Infinity, ...ends.filter((end) => end <= now)),
    until: Math.min(Infinity, ...ends.filter((end) => end > now)),
    keys,
    algorithms: Object.freeze([...new Set(keys.map(({ algorithm }) => algorithm))]),
  }
}

function signerAt(ring: readonly RingKey[], now: number): RingKey | undefined {
  return ring.find((key) => key.canSign && key.signFrom <= now && key.verifyUntil > now)
}

function inOrder(keys: readonly RingKey[]): RingKey[] {
  return keys.toSorted((a, b) => (a.signFrom === b.signFrom ? 0 : b.signFrom - a.signFrom))
}

function checkRing(ring: readonly RingKey[]): void {
  if (ring.length > MAX_KEYS) throw new TypeError(`a ring has at most ${MAX_KEYS} keys`)
  if (new Set(ring.map(({ kid }) => kid)).size < ring.length)
    throw new TypeError('"kid" must be unique in a ring')
}
