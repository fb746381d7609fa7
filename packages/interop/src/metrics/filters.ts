import { compileRules, type IdentityMatcher, type Matcher, type MethodRule } from '@portcullis/visibility'
import { isJsonObject } from '../protocol/parse.ts'
import type { RepositoryIdentity } from './update.ts'

/**
 * What of which repositories a publisher is given. A text is exact unless it is `/pattern/flags` or `#pattern`. Names of
 * metrics begin with `/`, so there a slash within the pattern has to be written `\\/`: `/App/sub/s` is a name.
 */
export interface MetricFilters {
  publishers?:
    | readonly {
        /** Members of the repository's identity, all of which must match. @defaultValue any repository */
        publisher?: IdentityMatcher | undefined
        /** Names of metrics. */
        metrics?:
          | { whitelist?: readonly Matcher[] | undefined; blacklist?: readonly Matcher[] | undefined }
          | undefined
      }[]
    | undefined
  /** What becomes of a repository that no entry is about. @defaultValue "whitelist" */
  'non-matched'?: 'whitelist' | 'blacklist' | undefined
  /** The same. */
  non_matched?: 'whitelist' | 'blacklist' | undefined
}

/** Whether a publisher is given this metric of this repository. */
export type MetricFilter = (identity: RepositoryIdentity, metric: string) => boolean

/**
 * Of the entries that are about the repository: refused if any of them has the metric on its blacklist, else allowed if any
 * has it on its whitelist, else refused. Patterns match whole values, in linear time.
 *
 * @throws TypeError naming the part of the option `path` that is wrong
 */
export function compileFilters(filters: unknown, path: string): MetricFilter {
  if (filters === undefined) return () => true
  if (!isJsonObject(filters)) throw new TypeError(`"${path}" must be an object`)
  const entries = listOf(filters.publishers, `${path}.publishers`)
  const refusals: MethodRule[] = []
  const permits: MethodRule[] = []
  const rest: MethodRule[] = []
  for (const [index, entry] of entries.entries()) {
    const at = `${path}.publishers[${index}]`
    if (!isJsonObject(entry)) throw new TypeError(`"${at}" must be an object`)
    const { publisher = {}, metrics = {} } = entry
    if (!isJsonObject(publisher)) throw new TypeError(`"${at}.publisher" must be an object`)
    if (!isJsonObject(metrics)) throw new TypeError(`"${at}.metrics" must be an object`)
    const identity = publisher as IdentityMatcher
    const about: MethodRule = { identity, restrictions: 'local' }
    assertRule(about, `${at}.publisher`)
    rest.push(about)
    refusals.push(...rulesOf(metrics.blacklist, `${at}.metrics.blacklist`, identity, 'local'))
    permits.push(...rulesOf(metrics.whitelist, `${at}.metrics.whitelist`, identity, 'cluster'))
  }
  const nonMatched = filters['non-matched'] ?? filters.non_matched ?? 'whitelist'
  if (nonMatched !== 'whitelist' && nonMatched !== 'blacklist') {
    throw new TypeError(`"${path}.non-matched" must be whitelist or blacklist`)
  }
  // The first rule that matches decides, which makes one list of them say all of the above.
  const policy = assertRules(
    [...refusals, ...permits, ...rest],
    nonMatched === 'whitelist' ? 'cluster' : 'local',
    path,
  )
  return (identity, metric) => policy.decide({ kind: 'method', name: metric, identity }) === 'cluster'
}

function rulesOf(
  list: unknown,
  path: string,
  identity: IdentityMatcher,
  restrictions: 'local' | 'cluster',
): MethodRule[] {
  return listOf(list, path).map((method, index) => {
    const at = `${path}[${index}]`
    if (typeof method !== 'string' && !(method instanceof RegExp)) {
      throw new TypeError(`"${at}" must be a text or a RegExp`)
    }
    const rule: MethodRule = { method: nameMatcher(method), identity, restrictions }
    assertRule(rule, at)
    return rule
  })
}

/** A name that begins like a pattern, as one that nobody takes for a pattern of something else. */
function nameMatcher(name: Matcher): Matcher {
  if (typeof name !== 'string' || !name.startsWith('/') || /^\/(?:[^/\\]|\\.)+\/[dgimsuy]*$/.test(name))
    return name
  return new RegExp(name.replaceAll(/[\\^$.|?*+()[\]{}/]/g, '\\$&'))
}

function listOf(value: unknown, path: string): readonly unknown[] {
  if (value === undefined) return []
  if (!Array.isArray(value)) throw new TypeError(`"${path}" must be a list`)
  return value
}

function assertRule(rule: MethodRule, path: string): void {
  assertRules([rule], 'local', path)
}

function assertRules(
  methods: readonly MethodRule[],
  fallback: 'local' | 'cluster',
  path: string,
): ReturnType<typeof compileRules> {
  try {
    return compileRules({ methods, default: fallback })
  } catch (error) {
    throw new TypeError(`"${path}" is not valid: ${(error as Error).message}`, { cause: error })
  }
}
