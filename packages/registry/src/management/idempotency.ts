/** What a request may do that carries an idempotency key. */
export type IdempotencyStart =
  /** Nobody did it yet: do it, then `complete` or `abandon` this attempt. */
  | { readonly state: 'begun'; readonly attempt: IdempotencyAttempt }
  /** It was done: answer with this. */
  | { readonly state: 'completed'; readonly response: string }

/** Names one attempt; opaque. */
export interface IdempotencyAttempt {
  readonly id: string
  readonly attempt: string
}

/**
 * What was answered to requests with an idempotency key, for 24 hours. Answers are encrypted, because some show a secret once.
 * In one scope 1000 are kept, of which the oldest makes room.
 */
export interface Idempotency {
  /**
   * Of several requests with one key at once, one begins. An attempt that is neither completed nor abandoned within a minute
   * counts as abandoned.
   *
   * @param scope - whose key it is and what for, 1–1024 characters
   * @param key - what the client chose, 1–255 characters
   * @param fingerprint - of the request, 1–1024 characters: one key is for one request
   * @throws RegistryError `ERR_IDEMPOTENCY_RUNNING`, `ERR_IDEMPOTENCY_MISMATCH`, `ERR_REQUEST_INVALID` for the key
   */
  begin(scope: string, key: string, fingerprint: string): Promise<IdempotencyStart>
  /**
   * Keeps the answer, at most 65 536 characters, unless the attempt counted as abandoned and another one began.
   *
   * @throws TypeError for an answer that is longer
   */
  complete(attempt: IdempotencyAttempt, response: string): Promise<void>
  /** Lets another request with this key begin. */
  abandon(attempt: IdempotencyAttempt): Promise<void>
}
