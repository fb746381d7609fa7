import { availableParallelism } from 'node:os'
import { AuthError } from '../errors.ts'
import { integerOption } from '../integer-option.ts'
import { assertHashable } from './assert-hashable.ts'
import { createBcryptPool, type BcryptTask } from './bcrypt-pool.ts'
import { dummyHash, isUsableHash, MAX_COST, MIN_COST } from './stored-hash.ts'

/** Options of {@link createSecretHasher}. */
export interface SecretHasherOptions {
  /** bcrypt cost of new hashes, integer 10–15; each step doubles the time. @defaultValue 10 */
  cost?: number | undefined
  /** Most threads, and so hashes at a time, integer 1–1024. @defaultValue `os.availableParallelism()` */
  maxThreads?: number | undefined
  /** Most calls that wait for a thread, integer ≥ 0; more are refused. @defaultValue 100 */
  maxQueue?: number | undefined
}

/** Hashes secrets, and compares them with hashes, off the event loop. */
export interface SecretHasher extends AsyncDisposable {
  /**
   * @param secret - 1–72 bytes of UTF-8 without NUL
   * @returns a bcrypt hash (`$2b$`, 60 characters)
   * @throws AuthError `ERR_AUTH_SECRET_INVALID`, `ERR_AUTH_HASHING_BUSY` (with `retryAfterSeconds`) or
   *   `ERR_AUTH_HASHING_UNAVAILABLE`
   */
  hash(secret: string): Promise<string>
  /**
   * Whether `hash` is a hash of `secret`. Null, for a client that is not known, and anything that is no bcrypt hash of cost
   * 4–15 are false, and cost as much as a wrong secret whose hash was made with the `cost` of now.
   *
   * @throws AuthError as `hash` does
   */
  verify(secret: string, hash: string | null): Promise<boolean>
  /** Ends the threads now; calls under way and all later ones reject with `ERR_AUTH_HASHING_UNAVAILABLE`. */
  close(): Promise<void>
}

/** Beyond any machine; each thread costs megabytes. */
const MAX_THREADS = 1024

/** About what one hash of the lowest cost takes on a small machine. */
const LOWEST_COST_MS = 80

/**
 * Hashes with bcrypt in worker threads: they start with the first call, end when idle, and keep no process alive that
 * waits for nothing else.
 *
 * @throws TypeError naming the option that is wrong
 */
export function createSecretHasher(options: SecretHasherOptions = {}): SecretHasher {
  const cost = integerOption('cost', options.cost, MIN_COST, MIN_COST, MAX_COST)
  const maxThreads = integerOption('maxThreads', options.maxThreads, availableParallelism(), 1, MAX_THREADS)
  const maxQueue = integerOption('maxQueue', options.maxQueue, 100, 0)
  const pool = createBcryptPool(maxThreads)
  const unknown = dummyHash(cost)
  let underWay = 0
  let closing: Promise<void> | undefined

  async function run(task: BcryptTask): Promise<unknown> {
    if (closing !== undefined) throw unavailable()
    // Counted here: the pool takes everything.
    if (underWay >= maxThreads + maxQueue) throw busy(maxThreads, underWay, cost)
    underWay += 1
    try {
      return await pool.run(task)
    } catch (error) {
      throw unavailable(error)
    } finally {
      underWay -= 1
    }
  }

  async function close(): Promise<void> {
    closing ??= pool.destroy()
    return closing
  }

  return Object.freeze({
    async hash(secret): Promise<string> {
      assertHashable(secret)
      return (await run({ secret, cost })) as string
    },
    async verify(secret, hash): Promise<boolean> {
      assertHashable(secret)
      const usable = isUsableHash(hash)
      const equal = await run({ secret, hash: usable ? hash : unknown })
      return usable && equal === true
    },
    close,
    [Symbol.asyncDispose]: close,
  } satisfies SecretHasher)
}

function busy(threads: number, underWay: number, cost: number): AuthError {
  const waitMs = (underWay / threads) * LOWEST_COST_MS * 2 ** (cost - MIN_COST)
  return new AuthError('ERR_AUTH_HASHING_BUSY', 'too many secrets are being checked', {
    retryAfterSeconds: Math.max(1, Math.ceil(waitMs / 1000)),
  })
}

function unavailable(cause?: unknown): AuthError {
  return new AuthError('ERR_AUTH_HASHING_UNAVAILABLE', 'secrets cannot be checked at the moment', { cause })
}
