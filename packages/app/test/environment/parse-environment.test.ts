import { describe, expect, test } from 'vitest'
import { z } from 'zod'
import {
  booleanFlag,
  commaList,
  defaultHost,
  EnvironmentError,
  httpUrl,
  logLevel,
  nodeEnv,
  parseEnvironment,
  port,
} from '../../src/index.ts'

function one(schema: z.ZodType, value: string | undefined): unknown {
  return parseEnvironment(z.object({ X: schema }), { X: value }).X
}

function failure(schema: z.ZodType, env: Record<string, string | undefined>): EnvironmentError {
  try {
    parseEnvironment(schema, env)
  } catch (error) {
    expect(error).toBeInstanceOf(EnvironmentError)
    return error as EnvironmentError
  }
  throw new Error('nothing was thrown')
}

describe('parseEnvironment', () => {
  test('gives what the schema makes of the variables, and ignores the others', () => {
    const schema = z.object({ PORT: port.default(3000), NAMES: commaList.default([]) })
    expect(parseEnvironment(schema, { NAMES: 'a, b', OTHER: 'x' })).toEqual({ PORT: 3000, NAMES: ['a', 'b'] })
  })

  test('treats an empty variable as one that is not set', () => {
    expect(one(port.default(1), '')).toBe(1)
    expect(one(z.string().optional(), '')).toBeUndefined()
  })

  test('names every bad variable and shows no value', () => {
    const schema = z.object({
      PORT: port,
      SECRET: z.string().min(40),
      MODE: z.enum(['a', 'b']),
      GONE: z.string(),
    })
    const error = failure(schema, { PORT: 'HIDDEN', SECRET: 'HIDDEN', MODE: 'HIDDEN' })
    expect(error.problems.map(({ name }) => name)).toEqual(['PORT', 'SECRET', 'MODE', 'GONE'])
    expect(error.message).not.toContain('HIDDEN')
    expect(error.message).toMatch(/^GONE: is missing/m)
  })

  test('passes on a rule over several variables under the name it gives', () => {
    const schema = z.object({ A: z.string() }).superRefine((_env, context) => {
      context.addIssue({ code: 'custom', path: ['A'], message: 'does not fit B' })
    })
    expect(failure(schema, { A: 'x' }).message).toBe('A: does not fit B')
  })
})

describe('a port', () => {
  test.each([
    ['0', 0],
    ['80', 80],
    ['65535', 65_535],
  ])('may be %s', (text, value) => {
    expect(one(port, text)).toBe(value)
  })

  test.each(['65536', '-1', '1.5', '0x50', '80a', ' 80', '80 ', '1e3', '999999', 'http', '８０'])(
    'may not be %j',
    (text) => {
      expect(failure(z.object({ X: port }), { X: text }).message).toBe(
        'X: must be a port between 0 and 65535',
      )
    },
  )
})

describe('a flag', () => {
  test.each([
    ['1', true],
    ['true', true],
    ['YES', true],
    ['on', true],
    ['0', false],
    ['False', false],
    ['no', false],
    ['off', false],
  ])('may be %s', (text, value) => {
    expect(one(booleanFlag, text)).toBe(value)
  })

  test.each(['2', 'ja', 'truee', ' 1', 'constructor', '__proto__'])('may not be %j', (text) => {
    expect(failure(z.object({ X: booleanFlag }), { X: text }).message).toMatch(/^X: must be 1, true/)
  })
})

describe('a URL', () => {
  test.each(['http://localhost:3000', 'https://a.example/x?y=z', 'http://[::1]:1/'])('may be %s', (text) => {
    expect(one(httpUrl, text)).toBe(text)
  })

  test.each([
    'localhost:3000',
    '/x',
    'ftp://a',
    'nats://a:4222',
    'http://',
    'http://u:p@a',
    'javascript:alert(1)',
  ])('may not be %j', (text) => {
    expect(failure(z.object({ X: httpUrl }), { X: text }).message).toBe(
      'X: must be an http: or https: URL without credentials',
    )
  })
})

test('a log level is one of pino’s, in lower case', () => {
  for (const level of ['trace', 'debug', 'info', 'warn', 'error', 'fatal', 'silent'])
    expect(one(logLevel, level)).toBe(level)
  for (const level of ['INFO', 'verbose', '30']) {
    expect(failure(z.object({ X: logLevel }), { X: level }).message).toMatch(/^X: must be one of trace/)
  }
})

test('a comma list has its items trimmed and its empty items dropped', () => {
  expect(one(commaList, ' a ,,b,')).toEqual(['a', 'b'])
  expect(one(commaList, ' , ')).toEqual([])
})

test.each(['development', 'test', 'production'])('NODE_ENV may be %s', (text) => {
  expect(one(nodeEnv, text)).toBe(text)
})

test.each(['prodution', 'Production', 'staging'])('NODE_ENV may not be %s', (text) => {
  expect(failure(z.object({ X: nodeEnv }), { X: text }).message).toBe(
    'X: must be development, test or production',
  )
})

test('only production listens on every address by default', () => {
  expect([defaultHost(false), defaultHost(true)]).toEqual(['127.0.0.1', '0.0.0.0'])
})
