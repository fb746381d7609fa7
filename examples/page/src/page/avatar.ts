/** Shows initials on a colour that depends on the name alone, so that it is the same in every window. */
export function paintAvatar(avatar: HTMLElement, name: string): void {
  avatar.textContent = initials(name)
  avatar.style.setProperty('--hue', String(hue(name)))
}

function initials(name: string): string {
  const words = name.split(' ').filter((word) => word !== '')
  const ends = words.length > 1 ? [words[0], words.at(-1)] : words
  return ends.map((word) => firstCharacter(word ?? '').toUpperCase()).join('')
}

/** The first character as a reader sees it: one emoji is several code points. */
function firstCharacter(word: string): string {
  const [first] = new Intl.Segmenter().segment(word)
  return first?.segment ?? ''
}

/** FNV-1a, so that names which differ a little get colours which differ a lot. */
function hue(name: string): number {
  let hash = 0x81_1c_9d_c5
  for (const character of name) hash = Math.imul(hash ^ (character.codePointAt(0) ?? 0), 0x01_00_01_93)
  return (hash >>> 0) % 360
}
