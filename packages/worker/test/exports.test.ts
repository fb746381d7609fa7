import { readFile } from 'node:fs/promises'
import { expect, test } from 'vitest'
import * as root from '../src/index.ts'
import { WORKER_ERRORS, WorkerError } from '../src/index.ts'

test('the package exports what it promises and nothing else', () => {
  expect(Object.keys(root).toSorted()).toEqual([
    'WORKER_ERRORS',
    'WorkerError',
    'createWorker',
    'loadWorkerModule',
  ])
})

test('the codes are public', () => {
  expect(WORKER_ERRORS).toEqual({
    handler_failed: { parks: true },
    handler_timeout: { parks: true },
    envelope_invalid: { parks: true },
    worker_died: { parks: true },
    backlog_full: { parks: true },
    closed: { parks: false },
  })
})

test('the README lists every code as it is', async () => {
  const readme = await readFile(new URL('../README.md', import.meta.url), 'utf8')
  const rows = [...readme.matchAll(/^\| `(\w+)` *\| (parked|refused) /gm)]
  expect(Object.fromEntries(rows.map(([, code, what]) => [code, { parks: what === 'parked' }]))).toEqual(
    WORKER_ERRORS,
  )
})

test('the README lists every option', async () => {
  const readme = await readFile(new URL('../README.md', import.meta.url), 'utf8')
  const options = await readFile(new URL('../src/options.ts', import.meta.url), 'utf8')
  const declared = [
    ...(/interface WorkerOptions \{([\s\S]*?)\n\}/.exec(options)?.[1] ?? '').matchAll(/^ {2}(\w+)\??:/gm),
  ]
  expect(declared.length).toBeGreaterThan(8)
  for (const [, name] of declared) expect(readme).toMatch(new RegExp(`^\\| \`${name}\` +\\|`, 'm'))
})

test('an error says what it is, also across copies of the package', () => {
  const error = new WorkerError('closed', 'it is')
  expect(error).toMatchObject({ name: 'WorkerError', code: 'closed', message: 'it is' })
  expect(WorkerError.is(error)).toBe(true)
  expect(WorkerError.is({ [Symbol.for('@portcullis/worker/error')]: true })).toBe(true)
  for (const other of [new Error('x'), null, undefined, 'closed']) expect(WorkerError.is(other)).toBe(false)
})
