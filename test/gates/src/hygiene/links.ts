import { existsSync } from 'node:fs'
import { dirname, join } from 'node:path'
import { ROOT } from '../repo/workspace.ts'
import type { TextFile } from '../repo/files.ts'

const LINK = /\]\(\s*<?([^)\s>]+)>?[^)]*\)/g
const CODE = /^```[\s\S]*?^```|`[^`\n]*`/gm

/** One sentence per relative link of a Markdown file that leads nowhere. */
export function checkLinks(files: readonly TextFile[], root: string = ROOT): string[] {
  return files.flatMap(({ path, text }) =>
    [...text.replace(CODE, '').matchAll(LINK)]
      .map((match) => match[1] ?? '')
      .filter((link) => !/^([a-z]+:|#|\/)/i.test(link))
      .filter((link) => !existsSync(join(root, dirname(path), decodeURI(link.replace(/[#?].*$/, '')))))
      .map((link) => `${path} links to ${link}, which does not exist`),
  )
}
