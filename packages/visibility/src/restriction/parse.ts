import { RestrictionError } from '../errors.ts'

/** One side of a comparison. `own` is `#name`, `other` is `$name`. */
export type Operand =
  | { readonly type: 'own' | 'other'; readonly name: string; readonly position: number }
  | { readonly type: 'text'; readonly value: string; readonly position: number }
  | { readonly type: 'number'; readonly value: number; readonly position: number }

export type Operator = '==' | '!=' | '?'

/** Conditions from left to right; `&&` and `||` bind equally strongly, so that the text's order is the order. */
export interface Chain {
  readonly type: 'chain'
  readonly first: Condition
  readonly rest: readonly { readonly join: '&&' | '||'; readonly condition: Condition }[]
}

export type Condition =
  | Chain
  | { readonly type: 'present'; readonly operand: Operand }
  | {
      readonly type: 'comparison'
      readonly left: Operand
      readonly operator: Operator
      readonly right: Operand
    }

/** What a text may be at most. */
export interface ParseLimits {
  readonly maxLength: number
  readonly maxDepth: number
  readonly maxTerms: number
}

interface Token {
  readonly kind: 'operand' | 'operator' | 'join' | '(' | ')' | 'end' | 'unknown'
  readonly text: string
  readonly position: number
}

const TOKEN =
  /\s*(?:(?<operand>[$#][A-Za-z]+(?![\w-])|'[^']+'|-?\d+(?:\.\d+)?(?![\w.]))|(?<operator>==|!=|\?)|(?<join>&&|\|\|)|(?<paren>[()]))/y

const CONDITION = '$name, #name, a text in single quotes, a number or "("'
const OPERAND = '$name, #name, a text in single quotes or a number'

/** Parses a restriction. Throws a {@link RestrictionError} that says where and what would have been right there. */
export function parseRestriction(text: string, { maxLength, maxDepth, maxTerms }: ParseLimits): Chain {
  if (text.length > maxLength) {
    throw tooLarge(`the restriction is longer than ${maxLength} characters`, maxLength)
  }
  let offset = 0
  let terms = 0
  // A function reads it, for the compiler believes that a variable stays what it was compared with.
  let next = scan()
  const token = (): Token => next
  const whole = chain(0)
  if (token().kind !== 'end') throw unexpected('"&&", "||" or the end')
  return whole

  function chain(depth: number): Chain {
    const first = condition(depth)
    const rest: { join: '&&' | '||'; condition: Condition }[] = []
    while (token().kind === 'join') {
      const join = token().text as '&&' | '||'
      advance()
      rest.push({ join, condition: condition(depth) })
    }
    return { type: 'chain', first, rest }
  }

  function condition(depth: number): Condition {
    if (token().kind === '(') {
      if (depth >= maxDepth) {
        throw tooLarge(`parentheses are nested more than ${maxDepth} deep`, token().position)
      }
      advance()
      const inner = chain(depth + 1)
      if (token().kind !== ')') throw unexpected('"&&", "||" or ")"')
      advance()
      return inner
    }
    const left = operand(CONDITION)
    terms += 1
    if (terms > maxTerms) throw tooLarge(`there are more than ${maxTerms} conditions`, left.position)
    if (token().kind === 'operator') {
      const operator = token().text as Operator
      advance()
      if (operator === '?' && /^[-\d]/.test(token().text)) {
        throw unexpected('a pattern: $name, #name or a text in single quotes')
      }
      return { type: 'comparison', left, operator, right: operand(OPERAND) }
    }
    // A number alone says nothing about anybody, and the protocol refuses it.
    if (left.type === 'number') throw unexpected('"==", "!=" or "?" after a number')
    return { type: 'present', operand: left }
  }

  function operand(expected: string): Operand {
    const { kind, text: raw, position } = token()
    if (kind !== 'operand') throw unexpected(expected)
    advance()
    switch (raw.charAt(0)) {
      case '$':
        return { type: 'other', name: raw.slice(1), position }
      case '#':
        return { type: 'own', name: raw.slice(1), position }
      case "'":
        return { type: 'text', value: raw.slice(1, -1), position }
      default:
        return { type: 'number', value: Number(raw), position }
    }
  }

  function advance(): void {
    next = scan()
  }

  /** The next token. Whoever finds an unknown one says what should stand there. */
  function scan(): Token {
    TOKEN.lastIndex = offset
    const found = TOKEN.exec(text)
    if (found?.groups === undefined) {
      const position = offset + (/^\s*/.exec(text.slice(offset))?.[0].length ?? 0)
      return { kind: position === text.length ? 'end' : 'unknown', text: '', position }
    }
    offset = TOKEN.lastIndex
    const { operand: value, operator, join, paren } = found.groups
    const raw = value ?? operator ?? join ?? paren ?? ''
    const kind = value ? 'operand' : operator ? 'operator' : join ? 'join' : (paren as '(' | ')')
    return { kind, text: raw, position: offset - raw.length }
  }

  function unexpected(expected: string): RestrictionError {
    return new RestrictionError(
      'ERR_VISIBILITY_RESTRICTION_INVALID',
      `the restriction cannot be parsed, expected ${expected}`,
      { position: token().position, expected },
    )
  }
}

function tooLarge(message: string, position: number): RestrictionError {
  return new RestrictionError('ERR_VISIBILITY_RESTRICTION_LIMIT', message, { position })
}
