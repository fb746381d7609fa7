const NAME_KEY = 'portcullis-chat-name'

const FIRST = [
  'Amber',
  'Brisk',
  'Calm',
  'Clever',
  'Gentle',
  'Golden',
  'Lucky',
  'Merry',
  'Quiet',
  'Rapid',
  'Sunny',
]
const LAST = [
  'Badger',
  'Falcon',
  'Finch',
  'Fox',
  'Hare',
  'Heron',
  'Lynx',
  'Marten',
  'Otter',
  'Owl',
  'Raven',
  'Wren',
]

/** Who this tab is. Per tab, so that two tabs are two people. */
export interface Identity {
  name: string
  /** Secret of this page load: a duplicated tab must not be the same person, and a lost connection must. */
  readonly key: string
}

/** The name that this tab had before a reload, or a new one. */
export function loadIdentity(): Identity {
  return { name: sessionStorage.getItem(NAME_KEY) ?? `${pick(FIRST)} ${pick(LAST)}`, key: randomId() }
}

export function saveName(name: string): void {
  sessionStorage.setItem(NAME_KEY, name)
}

/** 128 random bits as hexadecimal digits. `crypto.randomUUID` is missing on plain HTTP outside localhost. */
export function randomId(): string {
  const bytes = crypto.getRandomValues(new Uint8Array(16))
  return Array.from(bytes, (byte) => byte.toString(16).padStart(2, '0')).join('')
}

function pick(words: readonly string[]): string {
  return words[Math.floor(Math.random() * words.length)] ?? ''
}
