import { createSecretHasher, type SecretHasher } from '@portcullis/auth-core/hashing'

let shared: SecretHasher | undefined

/** The hasher of callers that bring none: one per process, made when first needed. Its idle threads end by themselves. */
export function sharedHasher(): SecretHasher {
  return (shared ??= createSecretHasher())
}
