import { builtinModules } from 'node:module'
import ts from 'typescript'

/** Every specifier a source names: import, export from, `import()`, `import type` and `import('x')` types. */
export function importsOf(text: string): string[] {
  return ts.preProcessFile(text, true, true).importedFiles.map(({ fileName }) => fileName)
}

/** Only what is loaded together with the module. */
export function staticImportsOf(text: string): string[] {
  const source = ts.createSourceFile('module.js', text, ts.ScriptTarget.Latest, false, ts.ScriptKind.JS)
  return source.statements.flatMap((statement) =>
    (ts.isImportDeclaration(statement) || ts.isExportDeclaration(statement)) &&
    statement.moduleSpecifier !== undefined &&
    ts.isStringLiteral(statement.moduleSpecifier)
      ? [statement.moduleSpecifier.text]
      : [],
  )
}

export function isRelative(specifier: string): boolean {
  return specifier.startsWith('.')
}

export function isBuiltin(specifier: string): boolean {
  return specifier.startsWith('node:') || builtinModules.includes(specifier)
}

/** `@scope/name` or `name` of a bare specifier. */
export function packageOf(specifier: string): string {
  return specifier
    .split('/')
    .slice(0, specifier.startsWith('@') ? 2 : 1)
    .join('/')
}

/** The export key a bare specifier asks for. */
export function subpathOf(specifier: string): string {
  return `.${specifier.slice(packageOf(specifier).length)}`
}
