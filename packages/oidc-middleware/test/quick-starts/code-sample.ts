import { readdirSync, readFileSync } from 'node:fs'
import { fileURLToPath } from 'node:url'
import ts from 'typescript'

const SAMPLES = new URL('./samples/', import.meta.url)

/** The quick starts of `ioserver-oidc` with the name of this package, each by the name of its file. */
export const SAMPLE_NAMES: readonly string[] = readdirSync(SAMPLES).map((file) => file.replace('.txt', ''))

export function sample(name: string): string {
  return readFileSync(new URL(`${name}.txt`, SAMPLES), 'utf8')
}

/** The blocks of code in the README, in their order. */
export function readmeBlocks(languages: 'ts' | 'ts|js' = 'ts|js'): string[] {
  const text = readFileSync(new URL('../../README.md', import.meta.url), 'utf8')
  const blocks = text.matchAll(new RegExp(`^\`\`\`(?:${languages})\\n([\\s\\S]*?)^\`\`\``, 'gm'))
  return [...blocks].map(([, block]) => block as string)
}

/** What is left of a source when comments, layout and the habits of formatters are taken away. */
export function wordsOf(source: string): string {
  const scanner = ts.createScanner(ts.ScriptTarget.Latest, true, ts.LanguageVariant.Standard, source)
  const words: string[] = []
  for (let kind = scanner.scan(); kind !== ts.SyntaxKind.EndOfFileToken; kind = scanner.scan()) {
    if (kind === ts.SyntaxKind.SemicolonToken) continue
    const isClosing = [')', '}', ']'].includes(scanner.getTokenText())
    if (isClosing && words.at(-1) === ',') words.pop()
    const isText = kind === ts.SyntaxKind.StringLiteral
    words.push(isText ? JSON.stringify(scanner.getTokenValue()) : scanner.getTokenText())
  }
  return words.join(' ')
}

/** What a sample finds around it. */
export interface Surroundings {
  /** In place of what it imports. */
  modules?: Record<string, unknown>
  /** What it takes for granted. */
  names?: Record<string, unknown>
}

/**
 * Compiles a sample and runs it as it is.
 *
 * @returns of what it declares, what is `wanted`
 */
export async function runSample<Declared extends object>(
  source: string,
  { modules = {}, names = {} }: Surroundings,
  wanted: readonly string[] = [],
): Promise<Declared> {
  const { outputText } = ts.transpileModule(source, {
    compilerOptions: { target: ts.ScriptTarget.ES2022, module: ts.ModuleKind.CommonJS },
  })
  const load = (name: string): unknown => {
    if (!(name in modules)) throw new Error(`the sample imports ${name}`)
    return modules[name]
  }
  const Run = Object.getPrototypeOf(nothing).constructor as new (
    ...args: string[]
  ) => (...args: unknown[]) => Promise<Declared>
  const run = new Run(
    'require',
    'exports',
    ...Object.keys(names),
    `${outputText}\nreturn { ${wanted.join(', ')} }`,
  )
  return run(load, {}, ...Object.values(names))
}

/** Asynchronous functions have a constructor without a name of its own. */
async function nothing(): Promise<void> {}

/** What the compiler says about samples, with the options of this package. `given` declares what they take for granted. */
export function problemsOf(samples: readonly { source: string; given: string }[]): string[] {
  const folder = fileURLToPath(new URL('../../', import.meta.url))
  const config = ts.getParsedCommandLineOfConfigFile(
    `${folder}tsconfig.json`,
    { types: ['node'] },
    {
      ...ts.sys,
      onUnRecoverableConfigFileDiagnostic: () => undefined,
    },
  )
  if (config === undefined) throw new Error('there is no tsconfig.json')
  const texts = new Map(
    samples.map(({ source, given }, index) => [
      `${folder}test/quick-starts/sample-${index}.ts`,
      `${source}\nexport {}\n${given}\n`,
    ]),
  )
  const host = ts.createCompilerHost(config.options)
  const { fileExists, readFile } = host
  host.fileExists = (path) => texts.has(path) || fileExists(path)
  host.readFile = (path) => texts.get(path) ?? readFile(path)
  const getSourceFile = host.getSourceFile.bind(host)
  host.getSourceFile = (path, options, ...rest) => {
    const text = texts.get(path)
    return text === undefined
      ? getSourceFile(path, options, ...rest)
      : ts.createSourceFile(path, text, options)
  }
  const program = ts.createProgram([...texts.keys()], config.options, host)
  return [...texts.keys()].flatMap((path) => {
    const file = program.getSourceFile(path)
    return [...program.getSyntacticDiagnostics(file), ...program.getSemanticDiagnostics(file)].map(
      ({ messageText }) =>
        `${path.slice(folder.length)}: ${ts.flattenDiagnosticMessageText(messageText, ' ')}`,
    )
  })
}
