import { createPublicKey, webcrypto, type KeyObject } from 'node:crypto'
import type { KeySet, TokenAlgorithm } from '@portcullis/auth-core'
import { GatewayAuthError } from '../errors.ts'

/** Algorithms of `private_key_jwt`. The kind of the registered key decides which of them counts. */
export const ASSERTION_ALGORITHMS = ['RS256', 'PS256', 'ES256', 'EdDSA', 'Ed25519'] as const

/** Longest PEM that is looked at, characters; an RSA key of 8192 bits has about 1500. */
export const MAX_PEM_LENGTH = 4096

/** Whole: a private key, a certificate or a second block beside the key would be something else than it seems. */
const PUBLIC_PEM = /^\s*-----BEGIN (RSA )?PUBLIC KEY-----[A-Za-z0-9+/=\s]+-----END \1?PUBLIC KEY-----\s*$/

/**
 * Reads the public key of a registration and returns it as SPKI PEM.
 *
 * @throws GatewayAuthError `ERR_PUBLIC_KEY_INVALID` unless it is one public key in PEM: RSA of 2048 to 8192 bits, P-256 or
 *   Ed25519. No message or cause contains it.
 */
export function normalizePublicKey(pem: unknown): string {
  const key = readKey(pem)
  algorithmsOf(key)
  return key.export({ type: 'spki', format: 'pem' }).toString()
}

/** The algorithms a stored key verifies, and a key set of it. */
export function assertionKeys(pem: string): { keys: KeySet; algorithms: readonly TokenAlgorithm[] } {
  const key = readKey(pem)
  const algorithms = algorithmsOf(key)
  const spki = key.export({ type: 'spki', format: 'der' })
  return {
    algorithms,
    keys: {
      kind: 'public',
      candidates: async ({ alg }) => {
        const parameters = PARAMETERS[alg]
        if (parameters === undefined || !algorithms.includes(alg)) return []
        return [await webcrypto.subtle.importKey('spki', new Uint8Array(spki), parameters, false, ['verify'])]
      },
    },
  }
}

const PARAMETERS: Partial<
  Record<TokenAlgorithm, webcrypto.RsaHashedImportParams | webcrypto.EcKeyImportParams | webcrypto.Algorithm>
> = {
  RS256: { name: 'RSASSA-PKCS1-v1_5', hash: 'SHA-256' },
  PS256: { name: 'RSA-PSS', hash: 'SHA-256' },
  ES256: { name: 'ECDSA', namedCurve: 'P-256' },
  EdDSA: { name: 'Ed25519' },
  // Its newer name. @see RFC 9864
  Ed25519: { name: 'Ed25519' },
}

function readKey(pem: unknown): KeyObject {
  if (typeof pem !== 'string' || pem.length > MAX_PEM_LENGTH || !PUBLIC_PEM.test(pem)) {
    throw invalid('must be one public key in PEM')
  }
  try {
    return createPublicKey(pem)
  } catch {
    throw invalid('cannot be read')
  }
}

function algorithmsOf(key: KeyObject): readonly TokenAlgorithm[] {
  const { modulusLength = 0, namedCurve, publicExponent } = key.asymmetricKeyDetails ?? {}
  if (key.asymmetricKeyType === 'rsa') {
    if (modulusLength < 2048) throw invalid('must have at least 2048 bits')
    // Larger ones make each verification slower than is any use.
    if (modulusLength > 8192) throw invalid('must have at most 8192 bits')
    if (publicExponent !== undefined && (publicExponent < 3n || publicExponent > 0xffff_ffffn)) {
      throw invalid('has an unusual exponent')
    }
    return ['RS256', 'PS256']
  }
  if (key.asymmetricKeyType === 'ec' && namedCurve === 'prime256v1') return ['ES256']
  if (key.asymmetricKeyType === 'ed25519') return ['EdDSA', 'Ed25519']
  throw invalid('must be RSA, P-256 or Ed25519')
}

function invalid(reason: string): GatewayAuthError {
  return new GatewayAuthError('ERR_PUBLIC_KEY_INVALID', `the public key ${reason}`)
}
