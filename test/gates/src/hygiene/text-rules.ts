import type { TextFile } from '../repo/files.ts'

/** A rule about the text of tracked files: what it looks for, and where. */
export interface TextRule {
  readonly sentence: string
  readonly pattern: RegExp
  readonly files: RegExp
}

// In pieces, so that the rules do not find themselves.
const NOTES = ['DO', 'ME'].map((end, index) => `${['TO', 'FIX'][index]}${end}`)
const MACHINE_FOLDERS = ['work', 'root', 'tmp', 'home']
const UNRUN = ['only', 'skip', 'todo']

export const TEXT_RULES: readonly TextRule[] = [
  {
    sentence: 'leaves no note for later; that is an issue',
    pattern: new RegExp(`\\b(${NOTES.join('|')})\\b`),
    files: /./,
  },
  {
    sentence: 'runs every test',
    pattern: new RegExp(`\\b(test|it|describe|suite)(\\.\\w+)*\\.(${UNRUN.join('|')})\\b`),
    files: /\.test(-d)?\.ts$/,
  },
  {
    sentence: 'names no folder of one machine',
    pattern: new RegExp(`(?<![\\w.@:/*-])/(${MACHINE_FOLDERS.join('|')})(/|\\b(?![-\\w]))`),
    files: /./,
  },
]

/** One sentence per line that breaks a rule. */
export function checkTexts(files: readonly TextFile[], rules: readonly TextRule[] = TEXT_RULES): string[] {
  return files.flatMap(({ path, text }) =>
    rules
      .filter((rule) => rule.files.test(path))
      .flatMap((rule) =>
        text
          .split('\n')
          .flatMap((line, index) =>
            rule.pattern.test(line) ? [`${path}:${index + 1} ${rule.sentence}`] : [],
          ),
      ),
  )
}
