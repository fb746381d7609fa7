import { VisibilityError } from '../errors.ts'
import { MAX_NAME_LENGTH } from '../limits.ts'
import { compileInline, compilePattern, type Pattern } from '../pattern/compile-pattern.ts'
import { PatternProblem } from '../pattern/problem.ts'

/** A compiled {@link Matcher}. */
export type CompiledMatcher =
  | { readonly how: 'exact'; readonly text: string }
  | { readonly how: 'pattern'; readonly text: string; readonly pattern: Pattern }

/** Compiles a matcher. `text` of the result is its JSON form. Throws a {@link VisibilityError} with `path`. */
export function compileMatcher(value: unknown, path: string): CompiledMatcher {
  const read = regExpOf(value)
  if (read !== undefined) return patternMatcher(() => compilePattern(read.source, read.flags), path)
  if (typeof value !== 'string') {
    throw new VisibilityError('ERR_VISIBILITY_RULES_INVALID', 'must be a string or a RegExp', { path })
  }
  const delimited = /^\/(.+)\/([A-Za-z]*)$/su.exec(value)
  if (delimited !== null) {
    const [, source = '', flags = ''] = delimited
    return patternMatcher(() => compilePattern(source, flags), path)
  }
  if (value.startsWith('#')) return patternMatcher(() => compileInline(value.slice(1)), path)
  if (value.length > MAX_NAME_LENGTH) {
    throw new VisibilityError('ERR_VISIBILITY_RULES_LIMIT', `is longer than ${MAX_NAME_LENGTH} characters`, {
      path,
    })
  }
  return { how: 'exact', text: value }
}

/** Whether a value matches as a whole. */
export function matches(matcher: CompiledMatcher, value: string): boolean {
  return matcher.how === 'exact' ? matcher.text === value : matcher.pattern.test(value)
}

function patternMatcher(compile: () => Pattern, path: string): CompiledMatcher {
  try {
    const pattern = compile()
    return { how: 'pattern', text: pattern.text, pattern }
  } catch (cause) {
    if (!(cause instanceof PatternProblem)) throw cause
    const code = cause.kind === 'invalid' ? 'ERR_VISIBILITY_PATTERN_INVALID' : 'ERR_VISIBILITY_PATTERN_UNSAFE'
    throw new VisibilityError(code, cause.message, { path, cause })
  }
}

const FLAG_GETTERS: readonly (readonly [flag: string, property: keyof RegExp])[] = [
  ['d', 'hasIndices'],
  ['g', 'global'],
  ['i', 'ignoreCase'],
  ['m', 'multiline'],
  ['s', 'dotAll'],
  ['u', 'unicode'],
  ['v', 'unicodeSets'],
  ['y', 'sticky'],
]

/**
 * Source and flags of a `RegExp` of any realm; undefined for anything else. Reads the internal slots, so that neither a
 * subclass nor a property of the object decides what is compiled.
 */
function regExpOf(value: unknown): { source: string; flags: string } | undefined {
  if (typeof value !== 'object' || value === null) return undefined
  // The getters of the prototype answer for the prototype itself, which is no RegExp.
  if (value === RegExp.prototype) return undefined
  try {
    const slot = (property: keyof RegExp): unknown =>
      Object.getOwnPropertyDescriptor(RegExp.prototype, property)?.get?.call(value)
    const flags = FLAG_GETTERS.filter(([, property]) => slot(property) === true).map(([flag]) => flag)
    return { source: slot('source') as string, flags: flags.join('') }
  } catch {
    return undefined
  }
}
