import { readFile } from 'node:fs/promises'
import { expect, test } from 'vitest'
import * as root from '../src/index.ts'
import * as link from '../src/link/index.ts'
import { QUESTIONS } from '../src/question/question-schemas.ts'

test('every entry point exports what it promises and nothing else', () => {
  expect(Object.keys(root).toSorted()).toEqual([
    'FLEET_ERRORS',
    'FleetError',
    'LATENCY_BUCKETS_MS',
    'createFleetAgent',
    'createFleetView',
    'deadLetterAnswers',
  ])
  expect(Object.keys(link).toSorted()).toEqual(['connectFleetLink', 'createFleetLinkServer'])
})

test('the buckets are those that gateways count in', () => {
  expect(root.LATENCY_BUCKETS_MS).toEqual([
    1, 2, 3, 5, 7.5, 10, 15, 25, 50, 75, 100, 250, 500, 1000, 2500, 5000,
  ])
})

const readme = await readFile(new URL('../README.md', import.meta.url), 'utf8')

/** The names in the first column of the tables under a heading. */
function rows(heading: string): string[][] {
  const [, text = ''] = readme.split(`\n## ${heading}\n`)
  const [section = ''] = text.split('\n## ')
  return [...section.matchAll(/^\| `([^`]+)` *\|(.*)\|$/gm)].map(([, name = '', rest = '']) => [
    name,
    ...rest.split('|').map((cell) => cell.trim()),
  ])
}

/** The options that an interface has, and their defaults. */
async function options(file: string, name: string): Promise<string[]> {
  const source = await readFile(new URL(`../src/${file}`, import.meta.url), 'utf8')
  const body = new RegExp(`export interface ${name} \\{\\n([\\s\\S]*?)\\n\\}`).exec(source)?.[1] ?? ''
  return [...body.matchAll(/^ {2}(\w+)[?:(]/gm)].map(([, option = '']) => option)
}

test.each([
  ['View', [['view/view.ts', 'FleetViewOptions']]],
  ['Agent', [['agent/agent.ts', 'FleetAgentOptions']]],
  [
    'Link',
    [
      ['link/options.ts', 'FleetLinkOptions'],
      ['link/options.ts', 'FleetLinkServerOptions'],
    ],
  ],
])('the README lists the options under %s', async (heading, interfaces) => {
  const expected = (await Promise.all(interfaces.map(([file = '', name = '']) => options(file, name)))).flat()
  expect(expected.length).toBeGreaterThan(6)
  expect(
    rows(heading)
      .map(([name = '']) => name)
      .toSorted(),
  ).toEqual(expected.toSorted())
})

test('the README lists the errors, their status and whether trying again can help', () => {
  const listed = rows('Errors').map(([code = '', status = '', retryable = '']) => [
    code,
    { statusCode: Number(status), retryable: retryable === 'yes' },
  ])
  expect(Object.fromEntries(listed)).toEqual(root.FLEET_ERRORS)
})

test('the README lists the questions', () => {
  expect(rows('Questions').map(([name]) => name)).toEqual(Object.keys(QUESTIONS))
})

test('an error says what it is, also across copies of the package', () => {
  const cause = new Error('why')
  const error = new root.FleetError('ERR_FLEET_TIMEOUT', 'too late', { cause })
  expect(error).toMatchObject({
    name: 'FleetError',
    code: 'ERR_FLEET_TIMEOUT',
    statusCode: 504,
    retryable: true,
    cause,
  })
  expect(root.FleetError.is(error)).toBe(true)
  expect(
    root.FleetError.is(Object.assign(new Error('x'), { [Symbol.for('@portcullis/fleet/error')]: true })),
  ).toBe(true)
  for (const other of [new Error('x'), null, undefined, {}, 'ERR_FLEET_TIMEOUT']) {
    expect(root.FleetError.is(other)).toBe(false)
  }
})

test('every code is provoked by a test', async () => {
  const files = ['question/questions.test.ts', 'link/link.integration.test.ts', 'options.test.ts']
  const tests = await Promise.all(files.map((file) => readFile(new URL(file, import.meta.url), 'utf8')))
  expect(Object.keys(root.FLEET_ERRORS).filter((code) => !tests.join().includes(code))).toEqual([])
})
