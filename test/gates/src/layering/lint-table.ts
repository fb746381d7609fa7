import { readFileSync } from 'node:fs'
import { join } from 'node:path'
import ts from 'typescript'
import { ROOT, SCOPE } from '../repo/workspace.ts'

interface LintConfig {
  overrides: {
    files: string[]
    rules: { 'no-restricted-imports'?: [string, { patterns: { group: string[] }[] }] }
  }[]
}

/** The layering as the linter has it: what each package's sources may import of ours. */
export function readLintTable(root: string = ROOT): Record<string, string[]> {
  const file = join(root, '.oxlintrc.json')
  const { config } = ts.parseConfigFileTextToJson(file, readFileSync(file, 'utf8')) as { config: LintConfig }
  const rows = config.overrides.flatMap(({ files, rules }) => {
    const group = rules['no-restricted-imports']?.[1].patterns.flatMap((pattern) => pattern.group) ?? []
    if (!group.includes(`${SCOPE}**`)) return []
    const allowed = group.filter((glob) => /^![^*]+$/.test(glob)).map((glob) => glob.slice(1 + SCOPE.length))
    return files.map((glob) => [glob.split('/')[1] ?? '', allowed] as const)
  })
  return Object.fromEntries(rows)
}
