import { describe, expect, test } from 'vitest'
import {
  DEVELOPMENT_INTERNAL_TOKEN,
  internalToken,
  internalTokenProblem,
  internalTokens,
} from '../../src/index.ts'

const TOKEN = 'a-token-for-production-of-32-byt'
const REQUIRED = 'is required in production'
const DEVELOPMENT = 'must not be the development token in production'
const SHORT = 'must have at least 32 bytes in production'

test('the development token is the one that the documentation shows', () => {
  expect(DEVELOPMENT_INTERNAL_TOKEN).toBe('portcullis-internal-development-token')
})

test.each(['a', 'AZaz09-._~+/', 'YQ=='])('%j is a token', (token) => {
  expect(internalToken.parse(token)).toBe(token)
  expect(internalTokens.parse(`${token}, b ,`)).toEqual([token, 'b'])
})

test.each(['two words', 'schlüssel', 'a=b', '=', 'a"'])('%j is no token, nor one of two', (token) => {
  expect(internalToken.safeParse(token).error?.issues[0]?.message).toBe('must be one bearer token')
  expect(internalTokens.safeParse(`a,${token}`).error?.issues[0]?.message).toBe(
    'must be one or more bearer tokens',
  )
})

test('one token is not a list, and a list is not empty', () => {
  expect(internalToken.safeParse('a,b').success).toBe(false)
  expect(internalTokens.safeParse(' , ').error?.issues.map(({ message }) => message)).toEqual([
    'must name at least one token',
  ])
})

describe('internalTokenProblem', () => {
  test.each([undefined, 'short', DEVELOPMENT_INTERNAL_TOKEN, ['short', TOKEN]])(
    'outside production %j is good enough',
    (tokens) => {
      expect(internalTokenProblem(tokens, false)).toBeNull()
    },
  )

  test.each<[string | string[] | undefined, string | null]>([
    [undefined, REQUIRED],
    [DEVELOPMENT_INTERNAL_TOKEN, DEVELOPMENT],
    [[TOKEN, DEVELOPMENT_INTERNAL_TOKEN], DEVELOPMENT],
    [TOKEN.slice(1), SHORT],
    [[TOKEN, 'short'], SHORT],
    [TOKEN, null],
    [[TOKEN, `${TOKEN}2`], null],
  ])('in production %j: %s', (tokens, problem) => {
    expect(internalTokenProblem(tokens, true)).toBe(problem)
  })
})
