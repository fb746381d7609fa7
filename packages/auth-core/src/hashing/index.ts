export { MAX_SECRET_BYTES } from './assert-hashable.ts'
export { createSecretHasher, type SecretHasher, type SecretHasherOptions } from './secret-hasher.ts'
