import { integerOption, type TokenClaims } from '@portcullis/auth-core'
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
   * @param claims - those of the token, which the directory gets: users of one `sub` and several `iss` are kept apart
   * @returns a new object
   * @throws OidcError `ERR_USER_DISABLED`, `ERR_USER_PROVISION_FAILED`; nothing else
   */
  resolve(context: OidcUserContext, claims?: TokenClaims): Promise<OidcUserContext>
  /** The same past the cache: asks the directory now. */
  recheck(context: OidcUserContext, claims?: TokenClaims): Promise<OidcUserContext>
}

/** Whom the directory is asked about. */
interface Subject {
  readonly context: OidcUserContext
  readonly claims: TokenClaims | undefined
  /** What users are told apart by. */
  readonly key: string
}

/** A question of re-checks. */
interface Recheck {
  readonly answer: Promise<KnownUser>
  /** The question after it, for who asked since. */
  next?: Promise<KnownUser>
}

interface Answer extends KnownUser {
  readonly order: number
  readonly untilMs: number
}

/**
 * Wraps a directory so that callers with one `sub` of one issuer share one question, and its answer for a short while,
 * disabled users included. Failures are not remembered.
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
  const resolving = new Map<string, Promise<KnownUser>>()
  const rechecking = new Map<string, Recheck>()
  let asked = 0

  function remember(key: string, user: KnownUser, order: number): void {
    // Of two answers that cross, the one to the later question holds.
    if (cacheMs === 0 || (answers.get(key)?.order ?? -1) > order) return
    answers.delete(key)
    answers.set(key, { ...user, order, untilMs: performance.now() + cacheMs })
    if (answers.size > maxEntries) answers.delete(answers.keys().next().value as string)
  }

  async function ask({ context, claims, key }: Subject): Promise<KnownUser> {
    asked += 1
    const order = asked
    const { sub, email, name } = context
    const more = claims === undefined ? [] : ([claims] as const)
    try {
      const found = Promise.resolve(directory.findOrCreate(sub, { email, name }, ...more))
      const user = readLocalUser(await within(found, timeoutMs))
      remember(key, user, order)
      return user
    } catch (error) {
      throw failed(error)
    }
  }

  async function shared(subject: Subject): Promise<KnownUser> {
    const { key } = subject
    const known = resolving.get(key)
    if (known !== undefined) return known
    assertRoom(resolving)
    const question = ask(subject).finally(() => resolving.delete(key))
    resolving.set(key, question)
    return question
  }

  /** Never the answer to a question that was asked before: what made somebody look again may have happened since. */
  async function askedNow(subject: Subject): Promise<KnownUser> {
    const before = rechecking.get(subject.key)
    if (before === undefined) return startRecheck(subject)
    before.next ??= before.answer.then(
      async () => startRecheck(subject),
      async () => startRecheck(subject),
    )
    return before.next
  }

  async function startRecheck(subject: Subject): Promise<KnownUser> {
    const { key } = subject
    assertRoom(rechecking)
    const recheck: Recheck = {
      answer: ask(subject).finally(() => {
        if (rechecking.get(key) === recheck) rechecking.delete(key)
      }),
    }
    rechecking.set(key, recheck)
    return recheck.answer
  }

  function assertRoom({ size }: ReadonlyMap<string, unknown>): void {
    if (size >= maxEntries) throw failed(new Error('too many questions are open'))
  }

  function cached(key: string): Answer | undefined {
    const answer = answers.get(key)
    if (answer === undefined || performance.now() < answer.untilMs) return answer
    answers.delete(key)
    return undefined
  }

  return Object.freeze({
    async resolve(context, claims) {
      const subject = subjectOf(context, claims)
      return applied(context, cached(subject.key) ?? (await shared(subject)))
    },
    async recheck(context, claims) {
      return applied(context, await askedNow(subjectOf(context, claims)))
    },
  } satisfies UserResolver)
}

/** A `sub` is unique within its issuer alone. */
function subjectOf(context: OidcUserContext, claims: TokenClaims | undefined): Subject {
  return { context, claims, key: JSON.stringify([claims?.['iss'], context.sub]) }
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
