import { readFileSync } from 'node:fs'
import { expect, test } from 'vitest'
import * as api from '../src/index.ts'

const packageJson = JSON.parse(readFileSync(new URL('../package.json', import.meta.url), 'utf8')) as {
  exports: Record<string, object>
}
const readme = readFileSync(new URL('../README.md', import.meta.url), 'utf8')

test('the package exports these names and no others', () => {
  expect(Object.keys(api).toSorted()).toEqual([
    'DEVELOPMENT_INTERNAL_TOKEN',
    'EnvironmentError',
    'LOG_LEVELS',
    'booleanFlag',
    'commaList',
    'defaultHost',
    'describeError',
    'httpUrl',
    'internalToken',
    'internalTokenProblem',
    'internalTokens',
    'logLevel',
    'loggerOptions',
    'nodeEnv',
    'parseEnvironment',
    'port',
    'readEnvironment',
    'runService',
    'watchAncestors',
  ])
})

test('the package has these entries, each with the source condition first', () => {
  expect(Object.keys(packageJson.exports)).toEqual(['.', './package.json'])
  expect(Object.keys(packageJson.exports['.'] as object)).toEqual(['@portcullis/source', 'types', 'default'])
})

test('the README names every function and every error class', () => {
  for (const name of Object.keys(api)) if (name !== 'LOG_LEVELS') expect(readme).toContain(`\`${name}`)
})
