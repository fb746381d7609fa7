import { integerOption } from '@portcullis/auth-core'
import { OidcError } from '../errors.ts'
import type { OidcUserContext } from '../context/user-context.ts'
import { readLocalUser, type KnownUser } from './local-user.ts'
import type { UserDirectory } from './user-directory.ts'

/** Options of {@link createUserResolver}. */
export interface UserResolverOptions {
  /** How long an answer of the directory holds, milliseconds, integer ≥ 0. @defaultValue 5000 */
  cacheMs?: number | undefined
  /** Most answers held, and most questions open at once, integer ≥ 1. @defaultValue 10000 */
  maxEntries?: number | undefined
  /** Longest wait for the directory, milliseconds, integer 1–2147483647. @defaultValue 5000 */
  timeoutMs?: number | undefined
}

/** Turns the context of a token into that of a local user. */
export interface UserResolver {
  /**
   * The context with the local id, and with the local role in place of the token's where the directory has one: `userRole`
   * is that role and `roles` holds nothing else, so that a role taken away takes effect while tokens still carry it.
   *
   * @returns a new object
   * @throws OidcError `ERR_USER_DISABLED`, `ERR_USER_PROVISION_FAILED`; nothing else
   */
  resolve(context: OidcUserContext): Promise<OidcUserContext>
  /** The same past the cache: asks the directory now. */
  recheck(context: OidcUserContext): Promise<OidcUserContext>
}

interface Answer extends KnownUser {
  readonly order: number
  readonly untilMs: number
}

/**
 * Wraps a directory so that callers with one `sub` share one question, and its answer for a short while, disabled users
 * included. Failures are not remembered.
 *
 * @throws TypeError naming the option that is wrong
 */
export function createUserResolver(
  directory: UserDirectory,
  options: UserResolverOptions = {},
): UserResolver {
  if (typeof directory?.findOrCreate !== 'function') {
    throw new TypeError('"users" must have a function "findOrCreate"')
  }
  const cacheMs = integerOption('cacheMs', options.cacheMs, 5000, 0)
  const maxEntries = integerOption('maxEntries', options.maxEntries, 10_000, 1)
  const timeoutMs = integerOption('timeoutMs', options.timeoutMs, 5000, 1, 2_147_483_647)
  const answers = new Map<string, Answer>()
  // A re-check must not be answered by a question that was asked before it, so the two do not share.
  const resolving = new Map<string, Promise<KnownUser>>()
  const rechecking = new Map<string, Promise<KnownUser>>()
  let asked = 0

  function remember(sub: string, user: KnownUser, order: number): void {
    // Of two answers that cross, the one to the later question holds.
    if (cacheMs === 0 || (answers.get(sub)?.order ?? -1) > order) return
    answers.delete(sub)
    answers.set(sub, { ...user, order, untilMs: performance.now() + cacheMs })
    if (answers.size > maxEntries) answers.delete(answers.keys().next().value as string)
  }

  async function ask({ sub, email, name }: OidcUserContext): Promise<KnownUser> {
    asked += 1
    const order = asked
    try {
      const found = Promise.resolve(directory.findOrCreate(sub, { email, name }))
      const user = readLocalUser(await within(found, timeoutMs))
      remember(sub, user, order)
      return user
    } catch (error) {
      throw failed(error)
    }
  }

  async function shared(
    pending: Map<string, Promise<KnownUser>>,
    context: OidcUserContext,
  ): Promise<KnownUser> {
    const known = pending.get(context.sub)
    if (known !== undefined) return known
    if (pending.size >= maxEntries) throw failed(new Error('too many questions are open'))
    const question = ask(context).finally(() => pending.delete(context.sub))
    pending.set(context.sub, question)
    return question
  }

  function cached(sub: string): Answer | undefined {
    const answer = answers.get(sub)
    if (answer === undefined || performance.now() < answer.untilMs) return answer
    answers.delete(sub)
    return undefined
  }

  return Object.freeze({
    async resolve(context) {
      return applied(context, cached(context.sub) ?? (await shared(resolving, context)))
    },
    async recheck(context) {
      return applied(context, await shared(rechecking, context))
    },
  } satisfies UserResolver)
}

function applied(context: OidcUserContext, user: KnownUser): OidcUserContext {
  if (user.isDisabled) throw new OidcError('ERR_USER_DISABLED', 'the account is disabled')
  const local = user.role === null ? {} : { userRole: user.role, roles: [user.role] }
  return { ...context, userId: user.userId, ...local }
}

function failed(cause: unknown): OidcError {
  return new OidcError('ERR_USER_PROVISION_FAILED', 'the user could not be looked up', { cause })
}

/** Rejects after `timeoutMs`; what comes later is dropped, a rejection too. */
async function within<T>(promise: Promise<T>, timeoutMs: number): Promise<T> {
  let timer: NodeJS.Timeout | undefined
  const late = new Promise<never>((_resolve, reject) => {
    timer = setTimeout(() => reject(new Error(`no answer within ${timeoutMs} ms`)), timeoutMs)
    timer.unref()
  })
  try {
    return await Promise.race([promise, late])
  } finally {
    clearTimeout(timer)
  }
}
