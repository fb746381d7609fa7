import { mkdir, readFile, writeFile } from 'node:fs/promises'
import { dirname, join, posix, relative } from 'node:path'
import ts from 'typescript'

const RELATIVE_SOURCE = /^\.{1,2}\/.*\.tsx?$/
const EXTENSION = /\.tsx?$/

/**
 * Writes the declarations that the entries lead to into `dist`, one `.d.ts` per source file and where the source has it.
 * Each is made from its file alone, which `isolatedDeclarations` makes possible, so no program is built and no type is
 * inferred: types are checked elsewhere. An export without an annotation fails the build. An entry that is not named as its
 * source gets a file of its name that exports the same.
 */
export async function writeTypes(entries: Readonly<Record<string, string>>): Promise<void> {
  const options = compilerOptions()
  const seen = new Set<string>()
  const write = async (source: string): Promise<void> => {
    if (seen.has(source)) return
    seen.add(source)
    const { text, imported } = declarationsOf(source, await readFile(source, 'utf8'), options)
    const file = join('dist', relative('src', source)).replace(EXTENSION, '.d.ts')
    await mkdir(dirname(file), { recursive: true })
    await writeFile(file, text)
    await Promise.all(imported.map((specifier) => write(join(dirname(source), specifier))))
  }
  await Promise.all(
    Object.entries(entries).map(async ([name, source]) => {
      await write(join(source))
      const built = source.replace(/^src\//, '').replace(EXTENSION, '')
      if (built !== name)
        await writeFile(`dist/${name}.d.ts`, sameAs(posix.relative(posix.dirname(name), built)))
    }),
  )
}

/** What is exported as default is not what `*` stands for, so an entry with a default has to be named as its source. */
function sameAs(path: string): string {
  return `export * from '${path.startsWith('.') ? path : `./${path}`}.js'\n`
}

/** The declarations of one file, with `./name.js` where the source says `./name.ts`, and the sources they refer to. */
function declarationsOf(
  fileName: string,
  source: string,
  options: ts.CompilerOptions,
): { text: string; imported: string[] } {
  const { outputText, diagnostics = [] } = ts.transpileDeclaration(source, {
    fileName,
    compilerOptions: options,
    reportDiagnostics: true,
  })
  if (diagnostics.length > 0) throw new Error(ts.formatDiagnostics(diagnostics, FORMAT))
  const found = ts
    .preProcessFile(outputText, true, true)
    .importedFiles.filter(({ fileName: specifier }) => RELATIVE_SOURCE.test(specifier))
  // From the last to the first, so that the positions of those before stay true. `pos` is where the opening quote stands.
  const text = found.reduceRight(
    (all, { pos, fileName: specifier }) =>
      all.slice(0, pos + 1) + specifier.replace(EXTENSION, '.js') + all.slice(pos + 1 + specifier.length),
    outputText,
  )
  return { text, imported: found.map((one) => one.fileName) }
}

/** What the package's own `tsconfig.json` says, without looking for its files. */
function compilerOptions(): ts.CompilerOptions {
  const host: ts.ParseConfigFileHost = {
    ...ts.sys,
    readDirectory: () => [],
    onUnRecoverableConfigFileDiagnostic: (diagnostic) => {
      throw new Error(ts.formatDiagnostic(diagnostic, FORMAT))
    },
  }
  return ts.getParsedCommandLineOfConfigFile('tsconfig.json', {}, host)?.options ?? {}
}

const FORMAT: ts.FormatDiagnosticsHost = {
  getCanonicalFileName: (name) => name,
  getCurrentDirectory: () => process.cwd(),
  getNewLine: () => '\n',
}
