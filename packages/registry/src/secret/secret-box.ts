import { createCipheriv, createDecipheriv, createHash, createHmac, hkdfSync, randomBytes } from 'node:crypto'
import { RegistryError } from '../errors.ts'

/** Bytes of a key for AES-256. */
const KEY_BYTES = 32
/** @see NIST SP 800-38D §8.2.1 */
const NONCE_BYTES = 12
const TAG_BYTES = 16
const MAX_KEYS = 8

/** Seals texts for storage, and opens them. */
export interface SecretBox {
  /** Encrypts with the first key. `place` is where the text is kept: it opens nowhere else. */
  seal(text: string, place: readonly string[]): string
  /** @throws RegistryError `ERR_PROJECT_MISCONFIGURED` when no key here opens it, or it was sealed for another place */
  open(sealed: string, place: readonly string[]): string
  /** Whether the first key sealed it. */
  isCurrent(sealed: string): boolean
  /** What tells that two texts are the same without telling them, by each key, the first one first. */
  fingerprints(text: string): readonly string[]
}

interface BoxKey {
  readonly id: string
  readonly key: Buffer
  readonly fingerprintKey: Buffer
}

/**
 * AES-256-GCM with a random nonce for each text. A sealed text is `keyId.nonce.ciphertext+tag`; the id of a key is computed
 * from it. To rotate, put the new key first and reseal everything before the old one is dropped.
 *
 * @param keys - 1 to 8 keys of 32 bytes; the first one seals, all of them open
 * @throws TypeError naming the option, never a key
 * @see NIST SP 800-38D
 */
export function createSecretBox(keys: Uint8Array | readonly Uint8Array[]): SecretBox {
  const list = keys instanceof Uint8Array ? [keys] : keys
  if (!Array.isArray(list) || list.length === 0 || list.length > MAX_KEYS) {
    throw new TypeError(`"secretKeys" must be 1 to ${MAX_KEYS} keys`)
  }
  const boxKeys = list.map(readKey)
  const byId = new Map(boxKeys.map((key) => [key.id, key]))
  if (byId.size < boxKeys.length) throw new TypeError('"secretKeys" has a key twice')
  const first = boxKeys[0] as BoxKey

  return Object.freeze({
    seal(text, place) {
      const nonce = randomBytes(NONCE_BYTES)
      const cipher = createCipheriv('aes-256-gcm', first.key, nonce).setAAD(placeBytes(place))
      const sealed = Buffer.concat([cipher.update(text, 'utf8'), cipher.final(), cipher.getAuthTag()])
      return [first.id, nonce.toString('base64url'), sealed.toString('base64url')].join('.')
    },
    open(sealed, place) {
      const [id = '', nonce = '', body = ''] = sealed.split('.')
      const key = byId.get(id)
      if (key === undefined) throw unreadable(`its key ${id} is not among those given`)
      const bytes = Buffer.from(body, 'base64url')
      try {
        const decipher = createDecipheriv('aes-256-gcm', key.key, Buffer.from(nonce, 'base64url'), {
          authTagLength: TAG_BYTES,
        })
        decipher.setAAD(placeBytes(place)).setAuthTag(bytes.subarray(-TAG_BYTES))
        return decipher.update(bytes.subarray(0, -TAG_BYTES), undefined, 'utf8') + decipher.final('utf8')
      } catch {
        throw unreadable('it was changed, or belongs to something else')
      }
    },
    isCurrent: (sealed) => sealed.startsWith(`${first.id}.`),
    fingerprints: (text) =>
      boxKeys.map(({ fingerprintKey }) =>
        createHmac('sha256', fingerprintKey).update(text, 'utf8').digest('base64url'),
      ),
  } satisfies SecretBox)
}

function readKey(bytes: Uint8Array): BoxKey {
  if (!(bytes instanceof Uint8Array) || bytes.byteLength !== KEY_BYTES) {
    throw new TypeError(`"secretKeys" must be keys of ${KEY_BYTES} bytes`)
  }
  // A key for each purpose: what fingerprints must say nothing about what encrypts. @see RFC 5869
  const derive = (purpose: string): Buffer =>
    Buffer.from(hkdfSync('sha256', bytes, '', `portcullis registry ${purpose}`, KEY_BYTES))
  return {
    id: createHash('sha256').update(derive('key id')).digest('hex').slice(0, 16),
    key: derive('encryption'),
    fingerprintKey: derive('fingerprint'),
  }
}

/** As JSON, so that no two places have the same bytes. */
function placeBytes(place: readonly string[]): Buffer {
  return Buffer.from(JSON.stringify(place))
}

function unreadable(reason: string): RegistryError {
  return new RegistryError('ERR_PROJECT_MISCONFIGURED', 'a stored secret cannot be read', {
    cause: new Error(reason),
  })
}
