/** Characters as ascending ranges that do not touch, both ends included. */
export type CharSet = readonly (readonly [low: number, high: number])[]

/** The largest character: a code point with flag `u`, a UTF-16 unit without. */
export const lastCharacter = (unicode: boolean): number => (unicode ? 0x10_ff_ff : 0xff_ff)

export const DIGIT: CharSet = [[0x30, 0x39]]
export const WORD: CharSet = [
  [0x30, 0x39],
  [0x41, 0x5a],
  [0x5f, 0x5f],
  [0x61, 0x7a],
]
/** WhiteSpace and LineTerminator of ECMAScript. */
export const SPACE: CharSet = [
  [0x09, 0x0d],
  [0x20, 0x20],
  [0xa0, 0xa0],
  [0x16_80, 0x16_80],
  [0x20_00, 0x20_0a],
  [0x20_28, 0x20_29],
  [0x20_2f, 0x20_2f],
  [0x20_5f, 0x20_5f],
  [0x30_00, 0x30_00],
  [0xfe_ff, 0xfe_ff],
]
export const LINE_TERMINATOR: CharSet = [
  [0x0a, 0x0a],
  [0x0d, 0x0d],
  [0x20_28, 0x20_29],
]

/** Brings ranges in any order into the form of a {@link CharSet}. */
export function union(...sets: readonly CharSet[]): CharSet {
  const merged: [number, number][] = []
  for (const [low, high] of sets.flat().toSorted((a, b) => a[0] - b[0])) {
    const last = merged.at(-1)
    if (last !== undefined && low <= last[1] + 1) last[1] = Math.max(last[1], high)
    else merged.push([low, high])
  }
  return merged
}

/** All characters that are not in the set. */
export function complement(set: CharSet, last: number): CharSet {
  const rest: [number, number][] = []
  let next = 0
  for (const [low, high] of set) {
    if (low > next) rest.push([next, low - 1])
    next = high + 1
  }
  if (next <= last) rest.push([next, last])
  return rest
}

export function has(set: CharSet, character: number): boolean {
  return set.some(([low, high]) => low <= character && character <= high)
}

/** The one character of a set of one. */
export function onlyCharacter(set: CharSet): number | undefined {
  const [range] = set
  return set.length === 1 && range !== undefined && range[0] === range[1] ? range[0] : undefined
}
