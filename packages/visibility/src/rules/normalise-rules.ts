import { VisibilityError } from '../errors.ts'
import { MAX_IDENTITY_MEMBERS, MAX_LIST_MEMBERS, MAX_NAME_LENGTH, MAX_RULES } from '../limits.ts'
import { compileMatcher, type CompiledMatcher } from './matcher.ts'
import type { NormalisedRule, NormalisedRules, PeerDomain, RuleListName, Visibility } from './types.ts'

/** One rule, checked. */
export interface CheckedRule {
  readonly rule: NormalisedRule
  /** Absent: any name. For peers the domain, `agm` as `interop`; a rule for `context` has none and is `inert`. */
  readonly name: CompiledMatcher | undefined
  readonly inert: boolean
  /** The names that a rule without a name means, where those are not all. */
  readonly anyOf: readonly string[] | undefined
  readonly identity: readonly (readonly [member: string, matcher: CompiledMatcher])[]
}

/** All rules, checked. */
export interface CheckedRules {
  readonly lists: Readonly<Record<RuleListName, readonly CheckedRule[]>>
  readonly rules: NormalisedRules
}

export const RULE_LISTS: readonly RuleListName[] = ['contexts', 'methods', 'peers']

const NAME_KEY: Readonly<Record<RuleListName, 'context' | 'method' | 'domain'>> = {
  contexts: 'context',
  methods: 'method',
  peers: 'domain',
}
const DOMAINS: readonly unknown[] = ['interop', 'agm', 'bus', 'context'] satisfies PeerDomain[]

/**
 * Checks rules from code or JSON and takes a copy. Every property is read once, own properties only. Throws a
 * {@link VisibilityError} with the path of the mistake and nothing else, whatever the value.
 */
export function checkRules(value: unknown): CheckedRules {
  const top = readObject(value, '', ['contexts', 'methods', 'peers', 'default'])
  const lists = Object.fromEntries(
    RULE_LISTS.map((list) => [list, readList(top.get(list), list)]),
  ) as unknown as CheckedRules['lists']
  const fallback = top.has('default') ? readVisibility(top.get('default'), 'default') : 'local'
  return {
    lists,
    rules: deepFreeze({
      contexts: lists.contexts.map(({ rule }) => rule),
      methods: lists.methods.map(({ rule }) => rule),
      peers: lists.peers.map(({ rule }) => rule),
      default: fallback,
    }),
  }
}

function readList(value: unknown, list: RuleListName): readonly CheckedRule[] {
  if (value === undefined) return []
  if (!attempt(list, () => Array.isArray(value))) throw invalid('must be an array', list)
  const array = value as readonly unknown[]
  const length = attempt(list, () => array.length)
  if (length > MAX_RULES) throw tooMuch(`has more than ${MAX_RULES} rules`, list)
  const members = new Set<string>()
  return Array.from({ length }, (_, index) => {
    const path = `${list}[${index}]`
    const checked = readRule(
      attempt(path, () => array[index]),
      list,
      path,
    )
    for (const [member] of checked.identity) members.add(member)
    if (members.size > MAX_LIST_MEMBERS) {
      throw tooMuch(
        `the rules up to here mention more than ${MAX_LIST_MEMBERS} identity members`,
        `${path}.identity`,
      )
    }
    return checked
  })
}

function readRule(value: unknown, list: RuleListName, path: string): CheckedRule {
  const nameKey = NAME_KEY[list]
  const read = readObject(value, path, [nameKey, 'restrictions', 'identity'])
  const given = read.get(nameKey)
  const name = given === undefined ? undefined : readName(given, list, `${path}.${nameKey}`)
  if (!read.has('restrictions')) throw invalid('is missing', `${path}.restrictions`)
  const restrictions = readVisibility(read.get('restrictions'), `${path}.restrictions`)
  const identity = readIdentity(read.get('identity'), `${path}.identity`)
  return {
    rule: {
      ...(name && { [nameKey]: list === 'peers' ? (given as PeerDomain) : name.text }),
      restrictions,
      ...(read.has('identity') && {
        identity: Object.fromEntries(identity.map(([member, { text }]) => [member, text])),
      }),
    },
    name,
    inert: list === 'peers' && given === 'context',
    anyOf: list === 'peers' ? ['interop', 'bus'] : undefined,
    identity,
  }
}

function readName(value: unknown, list: RuleListName, path: string): CompiledMatcher {
  if (list !== 'peers') return compileMatcher(value, path)
  if (!DOMAINS.includes(value)) throw invalid('must be "interop", "agm", "bus" or "context"', path)
  return { how: 'exact', text: value === 'agm' ? 'interop' : (value as string) }
}

function readIdentity(value: unknown, path: string): CheckedRule['identity'] {
  if (value === undefined) return []
  const read = readObject(value, path, undefined)
  if (read.size > MAX_IDENTITY_MEMBERS) {
    throw tooMuch(`has more than ${MAX_IDENTITY_MEMBERS} members`, path)
  }
  return [...read].map(([member, matcher]) => {
    if (member.length > MAX_NAME_LENGTH) {
      throw tooMuch(`has a member name longer than ${MAX_NAME_LENGTH} characters`, path)
    }
    return [member, compileMatcher(matcher, `${path}${segment(member)}`)] as const
  })
}

function readVisibility(value: unknown, path: string): Visibility {
  if (value !== 'local' && value !== 'cluster') throw invalid('must be "local" or "cluster"', path)
  return value
}

/** The own enumerable members of a plain object that are not undefined, each read once. */
function readObject(
  value: unknown,
  path: string,
  known: readonly string[] | undefined,
): Map<string, unknown> {
  return attempt(path, () => {
    if (typeof value !== 'object' || value === null || !isPlain(value)) {
      throw invalid('must be an object', path)
    }
    const read = new Map<string, unknown>()
    for (const key of Object.keys(value)) {
      if (known !== undefined && !known.includes(key)) {
        throw invalid(
          `is not known here, where there are ${known.map((one) => `"${one}"`).join(', ')}`,
          `${path}${segment(key)}`,
        )
      }
      const member = (value as Record<string, unknown>)[key]
      if (member !== undefined) read.set(key, member)
    }
    return read
  })
}

/** Of any realm, hence not `=== Object.prototype`; a Map or a class instance would look like an empty rule. */
function isPlain(value: object): boolean {
  if (Array.isArray(value)) return false
  const prototype: unknown = Object.getPrototypeOf(value)
  return prototype === null || Object.getPrototypeOf(prototype) === null
}

/** Runs what can call into the value: a getter or a proxy may throw anything. */
function attempt<T>(path: string, read: () => T): T {
  try {
    return read()
  } catch (cause) {
    if (VisibilityError.is(cause)) throw cause
    throw invalid('cannot be read', path, cause)
  }
}

function segment(key: string): string {
  if (/^[A-Za-z_$][\w$]{0,63}$/.test(key)) return `.${key}`
  return `[${JSON.stringify(key.length > 64 ? `${key.slice(0, 63)}…` : key)}]`
}

function invalid(message: string, path: string, cause?: unknown): VisibilityError {
  const where = path === '' ? 'rules' : path.replace(/^\./, '')
  return new VisibilityError('ERR_VISIBILITY_RULES_INVALID', message, {
    path: where,
    ...(cause !== undefined && { cause }),
  })
}

function tooMuch(message: string, path: string): VisibilityError {
  return new VisibilityError('ERR_VISIBILITY_RULES_LIMIT', message, { path })
}

function deepFreeze<T extends object>(value: T): T {
  for (const member of Object.values(value)) {
    if (typeof member === 'object' && member !== null) deepFreeze(member)
  }
  return Object.freeze(value)
}
