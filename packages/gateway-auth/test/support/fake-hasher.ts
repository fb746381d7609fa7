import { createHash } from 'node:crypto'
import type { SecretHasher } from '@portcullis/auth-core/hashing'

/** A hasher that counts its calls and costs nothing; the real one has tests of its own and is used where it matters. */
export interface FakeHasher extends SecretHasher {
  readonly calls: { hash: number; verify: number }
}

export function fakeHasher(): FakeHasher {
  const calls = { hash: 0, verify: 0 }
  const digest = (secret: string): string => `fake$${createHash('sha256').update(secret).digest('hex')}`
  return {
    calls,
    hash: async (secret) => {
      calls.hash += 1
      return digest(secret)
    },
    verify: async (secret, hash) => {
      calls.verify += 1
      return hash !== null && digest(secret) === hash
    },
    close: async () => undefined,
    [Symbol.asyncDispose]: async () => undefined,
  }
}
