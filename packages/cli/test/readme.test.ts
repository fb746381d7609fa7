import { readdir, readFile } from 'node:fs/promises'
import { PassThrough, Readable } from 'node:stream'
import type { Command } from 'commander'
import { expect, test } from 'vitest'
import { CLI_ERRORS } from '../src/index.ts'
import { createPrinter } from '../src/output/printer.ts'
import { createProgram } from '../src/program.ts'

const readme = await readFile(new URL('../README.md', import.meta.url), 'utf8')
const sink = new PassThrough()
const program = createProgram({
  stdin: Readable.from([]),
  stdout: sink,
  stderr: sink,
  env: {},
  cwd: '.',
  fetch,
  signal: undefined,
  print: createPrinter(sink, sink),
  now: () => 0,
  act: () => () => Promise.resolve(),
})

/** The commands that do something, as they are typed, with what they do. */
function leaves(command: Command, path: readonly string[] = []): [string, string][] {
  if (command.commands.length > 0) {
    return command.commands.flatMap((one) => leaves(one, [...path, one.name()]))
  }
  const args = command.registeredArguments.map((one) => {
    const name = `${one.name()}${one.variadic ? '...' : ''}`
    return one.required ? `<${name}>` : `[${name}]`
  })
  return [[[...path, ...args].join(' '), command.summary()]]
}

test('the table of commands is the program', () => {
  const rows = [...readme.matchAll(/^\| `portcullis ([^`]+)` *\| (.+?) *\|$/gm)]
  expect(rows.map(([, name, what]) => [name, what])).toEqual(leaves(program))
})

test('every command has a summary, and no two options of one have one name', () => {
  const all = (command: Command): Command[] => [command, ...command.commands.flatMap(all)]
  for (const command of all(program).slice(1)) {
    expect(command.summary(), `summary of ${command.name()}`).not.toBe('')
    const flags = command.options.map(({ long }) => long)
    expect(new Set(flags).size).toBe(flags.length)
  }
})

test('the table of errors is the table of the code', () => {
  const rows = [...readme.matchAll(/^\| `(ERR_CLI_\w+)` *\| (\d) /gm)]
  expect(rows.map(([, code, exit]) => [code, Number(exit)])).toEqual(
    Object.entries(CLI_ERRORS).map(([code, { exitCode }]) => [code, exitCode]),
  )
})

test('variables of its own that the README names are those that the program reads', async () => {
  const src = new URL('../src/', import.meta.url)
  const files = (await readdir(src, { recursive: true })).filter((name) => name.endsWith('.ts'))
  const sources = await Promise.all(files.map((name) => readFile(new URL(name, src), 'utf8')))
  const named = (text: string): string[] =>
    [...new Set([...text.matchAll(/\bPORTCULLIS_[A-Z_]+/g)].map(([name]) => name))].toSorted()
  expect(named(readme)).toEqual(named(sources.join('\n')))
})
