import { randomBytes, randomUUID } from 'node:crypto'
import type { SecretHasher } from '@portcullis/auth-core/hashing'
import { isNamespaceId } from '../internal/namespace-id.ts'
import { isCapabilityList } from './capabilities.ts'
import { TIERS, type ClientRecord, type Tier } from './client-record.ts'
import { normalizePublicKey } from './public-key.ts'
import { sharedHasher } from './shared-hasher.ts'

/** What a client is made of. */
export interface ClientRecordInput {
  /** 1 to 64 characters. */
  name: string
  /** At most 64, each 1 to 64 of `A-Z a-z 0-9 : . _ -`. */
  capabilities: readonly string[]
  /** The plain secret; only its hash gets into the record. */
  secret: string
  /** Never take it from a request. @defaultValue a new one, 16 random bytes in hex */
  namespaceId?: string | undefined
  /** @defaultValue 'free' */
  tier?: Tier | undefined
  /** PEM. */
  publicKey?: string | null | undefined
}

/** What hashes secrets. */
export interface HasherOptions {
  /** @defaultValue one that all callers of the process share, cost 10 */
  hasher?: Pick<SecretHasher, 'hash' | 'verify'> | undefined
}

/**
 * Makes the record of a new client, with ids of its own and the hash of its secret. Save it with `saveClient`.
 *
 * @throws TypeError naming what is wrong
 * @throws GatewayAuthError `ERR_PUBLIC_KEY_INVALID`
 * @throws AuthError `ERR_AUTH_SECRET_INVALID`, `ERR_AUTH_HASHING_BUSY`, `ERR_AUTH_HASHING_UNAVAILABLE`
 */
export async function buildClientRecord(
  input: ClientRecordInput,
  { hasher = sharedHasher() }: HasherOptions = {},
): Promise<ClientRecord> {
  const { name, capabilities, namespaceId = randomBytes(16).toString('hex'), tier = 'free' } = input
  if (!isClientName(name)) throw new TypeError('"name" must be 1 to 64 characters without control characters')
  if (!isCapabilityList(capabilities)) {
    throw new TypeError('"capabilities" must be at most 64 texts of 1 to 64 of A-Z a-z 0-9 : . _ -')
  }
  if (!isNamespaceId(namespaceId)) throw new TypeError('"namespaceId" must be 1 to 64 of A-Z a-z 0-9 _ -')
  if (!TIERS.includes(tier)) throw new TypeError('"tier" is unknown')
  const publicKey =
    input.publicKey === undefined || input.publicKey === null ? null : normalizePublicKey(input.publicKey)
  return Object.freeze({
    clientId: `c_${randomBytes(16).toString('hex')}`,
    hostId: randomUUID(),
    namespaceId,
    name,
    capabilities: Object.freeze([...new Set(capabilities)]),
    tier,
    secretHash: await hasher.hash(input.secret),
    publicKey,
    createdAt: Date.now(),
    disabledAt: null,
  })
}

/** Whether a value can be a client's label: control characters would forge lines where it is printed. */
export function isClientName(value: unknown): value is string {
  if (typeof value !== 'string' || value === '' || !value.isWellFormed()) return false
  return value.length <= 64 && !/[\p{Cc}\u2028\u2029]/u.test(value)
}
