import { compileRestriction, type Restriction, VisibilityError } from '@portcullis/visibility'
import { InteropError } from '../errors.ts'
import type { InteropLimits } from '../gateway/limits.ts'
import { isJsonObject } from '../protocol/parse.ts'
import type { Method, MethodId, MethodTable } from './method-table.ts'
import { printed } from './printed.ts'

/** Largest size of the patterns in the restrictions of one peer's methods: compiling that takes some ten milliseconds. */
const MAX_PATTERN_SIZE = 20_000

/** Compiles the restrictions of methods of one peer, each text once. @throws InteropError */
export type CompileRestriction = (text: string) => Restriction

/** For the methods of one message, which join those that the peer has. */
export function restrictionCompiler(
  known: Pick<MethodTable, 'patternSize' | 'restriction'>,
): CompileRestriction {
  const compiled = new Map<string, Restriction>()
  let { patternSize } = known
  return (text) => {
    const before = compiled.get(text) ?? known.restriction(text)
    if (before !== undefined) return before
    const restriction = compileRestriction(text)
    patternSize += restriction.patternSize
    if (patternSize > MAX_PATTERN_SIZE) {
      throw new InteropError(
        'ERR_INTEROP_LIMITS_EXCEEDED',
        'The patterns in the restrictions of the methods of a peer are too large together',
      )
    }
    compiled.set(text, restriction)
    return restriction
  }
}

/**
 * The methods of a `register`, by id; of two with one id the later. `announced` is false on all of them.
 *
 * @throws InteropError with `registration.failure` for what has no id or name, `limits_exceeded` for names that are too long
 * or too many methods, `failure` for a restriction that does not parse
 */
export function parseMethods(
  value: unknown,
  limits: InteropLimits,
  known: Pick<MethodTable, 'patternSize' | 'restriction'>,
): Method[] {
  if (!Array.isArray(value)) throw registrationError('The "methods" to register must be a list')
  if (value.length > limits.maxMethodsPerPeer) throw tooManyMethods(limits)
  const methods = new Map<MethodId, Method>()
  const compile = restrictionCompiler(known)
  for (const definition of value) {
    const method = parseMethod(definition, limits, compile)
    methods.set(method.id, method)
  }
  return [...methods.values()]
}

export function parseMethod(value: unknown, limits: InteropLimits, compile: CompileRestriction): Method {
  if (!isJsonObject(value)) throw registrationError('A method must be an object')
  const { id, name, restrictions } = value
  if (!isMethodId(id)) throw registrationError('A method needs an "id", a string or a number')
  if (typeof name !== 'string' || name === '') {
    throw registrationError(`Method ${printed(id)} needs a "name"`)
  }
  const longest = limits.maxNameLength
  if (name.length > longest || (typeof id === 'string' && id.length > longest)) {
    throw new InteropError(
      'ERR_INTEROP_LIMITS_EXCEEDED',
      `The id or name of a method is longer than ${longest} characters`,
    )
  }
  return {
    id,
    name,
    definition: value,
    json: JSON.stringify(value),
    restriction: parseRestriction(restrictions, id, compile),
    announced: false,
  }
}

export function isMethodId(value: unknown): value is MethodId {
  // JSON can say 1e999, which nobody could be told of.
  return typeof value === 'string' || Number.isFinite(value)
}

export function tooManyMethods({ maxMethodsPerPeer: most }: InteropLimits): InteropError {
  return new InteropError('ERR_INTEROP_LIMITS_EXCEEDED', `A peer can have no more than ${most} methods`)
}

function parseRestriction(text: unknown, id: MethodId, compile: CompileRestriction): Restriction | undefined {
  if (text === undefined || text === null || text === '') return undefined
  if (typeof text !== 'string') {
    throw new InteropError(
      'ERR_INTEROP_BAD_RESTRICTION',
      `The restrictions of method ${printed(id)} must be a string`,
    )
  }
  try {
    return compile(text)
  } catch (error) {
    if (!VisibilityError.is(error)) throw error
    throw new InteropError(
      'ERR_INTEROP_BAD_RESTRICTION',
      `The restrictions of method ${printed(id)} do not parse: ${error.message}`,
      { cause: error },
    )
  }
}

function registrationError(message: string): InteropError {
  return new InteropError('ERR_INTEROP_REGISTRATION', message)
}
