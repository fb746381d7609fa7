import { has, union, type CharSet } from './char-set.ts'

/** Sets of more characters than this are searched group by group, smaller ones character by character. */
const FEW = 512

/** Whether adding to the set takes a walk over all characters that have a case, some hundred microseconds. */
export function isLarge(set: CharSet): boolean {
  return set.reduce((sum, [low, high]) => sum + high - low + 1, 0) > FEW
}

/** Adds to a set what flag `i` makes equal to one of its characters. */
export function closeOverCase(set: CharSet, unicode: boolean): CharSet {
  const groups = caseGroups(unicode)
  const added = new Set<number>()
  const addAll = (group: readonly number[]): void => {
    for (const equal of group) if (!has(set, equal)) added.add(equal)
  }
  if (!isLarge(set)) {
    for (const [low, high] of set) {
      for (let character = low; character <= high; character += 1) addAll(groups.get(character) ?? [])
    }
  } else {
    for (const [character, group] of groups) if (has(set, character)) addAll(group)
  }
  if (added.size === 0) return set
  return union(
    set,
    [...added].map((character) => [character, character]),
  )
}

/** All characters that are equal to others, with those and themselves. */
type Groups = ReadonlyMap<number, readonly number[]>
const known: { units?: Groups; codePoints?: Groups } = {}

/** Some 2800 characters, found once and only for who uses the flag. There is no case past U+1E943, the last of Adlam. */
function caseGroups(unicode: boolean): Groups {
  if (unicode) return (known.codePoints ??= groupCharacters(foldCodePoint, 0x1_e9_ff))
  return (known.units ??= groupCharacters(foldUnit, 0xff_ff))
}

function groupCharacters(fold: (character: number) => number, last: number): Groups {
  const groups = new Map<number, number[]>()
  for (let character = 0; character <= last; character += 1) {
    const folded = fold(character)
    if (folded === character) continue
    const equals = groups.get(folded) ?? [folded]
    equals.push(character)
    groups.set(folded, equals)
    groups.set(character, equals)
  }
  return groups
}

/** Canonicalize of ECMAScript (§22.2.2.7.3) without flag `u`. */
function foldUnit(unit: number): number {
  const upper = String.fromCharCode(unit).toUpperCase()
  if (upper.length !== 1) return unit
  const folded = upper.charCodeAt(0)
  return unit >= 0x80 && folded < 0x80 ? unit : folded
}

/** Simple case folding of Unicode, which ECMAScript uses with flag `u`. */
function foldCodePoint(point: number): number {
  // Turkish i: its simple folding is itself, whatever the upper case of it is.
  if (point === 0x1_30 || point === 0x1_31) return point
  return single(single(point, 'toUpperCase'), 'toLowerCase')
}

function single(point: number, change: 'toUpperCase' | 'toLowerCase'): number {
  const changed = String.fromCodePoint(point)[change]()
  const first = changed.codePointAt(0) ?? point
  return String.fromCodePoint(first) === changed ? first : point
}
