import { createPrivateKey, createPublicKey, KeyObject, sign, verify, type JsonWebKey } from 'node:crypto'
import type { JWK } from 'jose'
import type { SigningKeyOptions } from '../keys/signing-key.ts'
import { keyKindOf, type TokenAlgorithm } from '../token/algorithms.ts'
import { isFactorable } from './roca.ts'
import { isPem, LEAST_SECRET_BYTES, secretBytes } from './secret-bytes.ts'

/** What a key of a ring consists of, after all checks. */
export type KeyMaterial =
  | { readonly kind: 'secret'; readonly secret: Uint8Array<ArrayBuffer> }
  | { readonly kind: 'public'; readonly publicKey: KeyObject; readonly privateKey: KeyObject | undefined }

const CURVES: Partial<Record<TokenAlgorithm, string>> = {
  ES256: 'prime256v1',
  ES384: 'secp384r1',
  ES512: 'secp521r1',
}
const MIN_RSA_BITS = 2048
/** A signature check grows with the square of this, and anybody may cause one. */
const MAX_RSA_BITS = 8192
const BASE64URL = /^[\w-]+$/
const PROBE = Buffer.from('probe')

/**
 * Reads and checks a key for an algorithm.
 *
 * @throws TypeError that names the option and never quotes the key; errors of the parser are dropped for that reason
 */
export function readKeyMaterial({ algorithm, key }: SigningKeyOptions): KeyMaterial {
  if (isJwk(key)) checkJwkUse(key, algorithm)
  return keyKindOf(algorithm) === 'secret'
    ? { kind: 'secret', secret: readSecret(key, algorithm) }
    : readPair(key, algorithm)
}

function readSecret(key: SigningKeyOptions['key'], algorithm: TokenAlgorithm): Uint8Array<ArrayBuffer> {
  const bytes = bytesOf(key)
  if (isPem(bytes)) throw new TypeError('"key" is a PEM key, not a secret')
  const least = LEAST_SECRET_BYTES[algorithm] ?? Infinity
  if (bytes.byteLength < least) {
    throw new TypeError(
      `"key" must have at least ${least} bytes for ${algorithm}, this one has ${bytes.byteLength}`,
    )
  }
  return bytes
}

function bytesOf(key: SigningKeyOptions['key']): Uint8Array<ArrayBuffer> {
  if (typeof key === 'string' || key instanceof Uint8Array) return secretBytes(key)
  if (key instanceof KeyObject) {
    if (key.type === 'secret') return new Uint8Array(key.export())
  } else if (isJwk(key) && key.kty === 'oct' && typeof key.k === 'string') {
    // The decoder skips what is not of the alphabet, and everybody else would have another secret.
    if (!BASE64URL.test(key.k)) throw new TypeError('"key" is a JWK whose "k" is not base64url')
    return new Uint8Array(Buffer.from(key.k, 'base64url'))
  }
  throw new TypeError('"key" must be a secret: text, bytes, a secret KeyObject or an "oct" JWK')
}

function readPair(key: SigningKeyOptions['key'], algorithm: TokenAlgorithm): KeyMaterial {
  const parsed = parseKey(key)
  checkFits(parsed, algorithm)
  if (parsed.type === 'public') return { kind: 'public', publicKey: parsed, privateKey: undefined }
  const publicKey = publicKeyOf(parsed)
  // Parsers take a private key with somebody else's public one; its tokens would verify nowhere.
  if (!belongTogether(parsed, publicKey) || isJwkOfOther(key, publicKey)) {
    throw new TypeError('"key": its private and public parts do not match')
  }
  return { kind: 'public', publicKey, privateKey: parsed }
}

function parseKey(key: SigningKeyOptions['key']): KeyObject {
  if (key instanceof KeyObject) {
    if (key.type !== 'secret') return key
  } else {
    try {
      if (isJwk(key)) return parseJwk(key)
      const pem =
        typeof key === 'string' ? key : key instanceof Uint8Array ? Buffer.from(key).toString('utf8') : ''
      if (/-----BEGIN (?:RSA |EC )?PRIVATE KEY-----/.test(pem)) return createPrivateKey(pem)
      if (/-----BEGIN (?:RSA )?PUBLIC KEY-----/.test(pem)) return createPublicKey(pem)
    } catch {
      throw new TypeError('"key" could not be read')
    }
  }
  throw new TypeError('"key" must be an unencrypted PEM key, an asymmetric KeyObject or such a JWK')
}

function parseJwk(jwk: JWK): KeyObject {
  const input = { key: jwk as JsonWebKey, format: 'jwk' } as const
  return jwk.d === undefined ? createPublicKey(input) : createPrivateKey(input)
}

function checkFits(key: KeyObject, algorithm: TokenAlgorithm): void {
  const { asymmetricKeyType: type, asymmetricKeyDetails: details = {} } = key
  const curve = CURVES[algorithm]
  if (curve !== undefined) {
    if (type !== 'ec' || details.namedCurve !== curve) {
      throw new TypeError(`"key" must be on the curve ${curve} for ${algorithm}`)
    }
  } else if (algorithm === 'EdDSA' || algorithm === 'Ed25519') {
    if (type !== 'ed25519') throw new TypeError(`"key" must be an Ed25519 key for ${algorithm}`)
  } else {
    const bits = details.modulusLength ?? 0
    if (type !== 'rsa' || bits < MIN_RSA_BITS || bits > MAX_RSA_BITS) {
      throw new TypeError(
        `"key" must be an RSA key of ${MIN_RSA_BITS} to ${MAX_RSA_BITS} bits for ${algorithm}`,
      )
    }
    const exponent = details.publicExponent ?? 0n
    if (exponent < 3n || exponent % 2n === 0n) throw new TypeError('"key" has a useless public exponent')
    if (isFactorable(publicKeyOf(key).export({ format: 'jwk' }).n ?? '')) {
      throw new TypeError('"key" comes from a generator whose keys can be factored')
    }
  }
}

function publicKeyOf(key: KeyObject): KeyObject {
  return key.type === 'public' ? key : createPublicKey(key)
}

/** Of an Ed25519 JWK the parser reads the private part alone, whatever public one stands beside it. */
function isJwkOfOther(key: unknown, publicKey: KeyObject): boolean {
  return isJwk(key) && key.kty === 'OKP' && key.x !== publicKey.export({ format: 'jwk' }).x
}

function belongTogether(privateKey: KeyObject, publicKey: KeyObject): boolean {
  const hash = privateKey.asymmetricKeyType === 'ed25519' ? null : 'sha256'
  try {
    return verify(hash, PROBE, publicKey, sign(hash, PROBE, privateKey))
  } catch {
    return false
  }
}

function checkJwkUse(jwk: JWK, algorithm: TokenAlgorithm): void {
  if (jwk.alg !== undefined && jwk.alg !== algorithm)
    throw new TypeError(`"key" is a JWK that is not for ${algorithm}`)
  if (jwk.use !== undefined && jwk.use !== 'sig')
    throw new TypeError('"key" is a JWK that is not for signatures')
  const operations: unknown = jwk.key_ops
  if (operations === undefined) return
  const needed = jwk.kty === 'oct' || jwk.d !== undefined ? 'sign' : 'verify'
  if (!Array.isArray(operations) || !operations.includes(needed)) {
    throw new TypeError(`"key" is a JWK whose "key_ops" do not include "${needed}"`)
  }
}

/** Whether `key` is a JWK rather than one of the other forms. */
export function isJwk(key: unknown): key is JWK {
  return (
    typeof key === 'object' &&
    key !== null &&
    !(key instanceof Uint8Array) &&
    !(key instanceof KeyObject) &&
    typeof (key as JWK).kty === 'string'
  )
}
