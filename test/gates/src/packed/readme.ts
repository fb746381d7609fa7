import ts from 'typescript'
import { importsOf, isBuiltin, isRelative, packageOf } from '../repo/imports.ts'

const BLOCK = /^```(?:ts|typescript|js|javascript|mjs)\b[^\n]*\n([\s\S]*?)^```/m

/** The first JavaScript or TypeScript block of a README; undefined when it has none. */
export function firstCodeBlock(readme: string): string | undefined {
  return BLOCK.exec(readme)?.[1]
}

/** The block as plain JavaScript. */
export function toJavaScript(block: string): string {
  const compilerOptions = {
    target: ts.ScriptTarget.ES2022,
    module: ts.ModuleKind.ESNext,
    verbatimModuleSyntax: true,
  }
  return ts.transpileModule(block, { compilerOptions, fileName: 'readme.ts' }).outputText
}

/** Packages the block imports. */
export function packagesOf(block: string): string[] {
  const specifiers = importsOf(block).filter((specifier) => !isRelative(specifier) && !isBuiltin(specifier))
  return [...new Set(specifiers.map(packageOf))]
}
