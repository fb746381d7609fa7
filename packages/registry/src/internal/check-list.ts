import type { TokenCheck, TokenCheckName } from '../authorize/token-test.ts'

const ORDER: readonly TokenCheckName[] = [
  'host',
  'configuration',
  'form',
  'algorithm',
  'key',
  'signature',
  'issuer',
  'audience',
  'exp',
  'nbf',
  'iat',
  'kind',
  'namespace',
  'subject',
  'blocked',
]

/** Longest piece of a token that a sentence quotes. */
const MAX_QUOTE = 100

/** Collects what became of each check. */
export interface CheckList {
  pass(check: TokenCheckName, detail: string): void
  fail(check: TokenCheckName, detail: string): void
  skip(check: TokenCheckName, detail: string): void
  has(check: TokenCheckName): boolean
  hasFailed(): boolean
  /** All of them in their order; what nobody spoke of was skipped. */
  done(): readonly TokenCheck[]
}

/** A list on which nothing is said yet. */
export function createCheckList(): CheckList {
  const found = new Map<TokenCheckName, TokenCheck>()
  const say =
    (status: TokenCheck['status']) =>
    (check: TokenCheckName, detail: string): void =>
      void found.set(check, { check, status, detail })
  return {
    pass: say('passed'),
    fail: say('failed'),
    skip: say('skipped'),
    has: (check) => found.has(check),
    hasFailed: () => [...found.values()].some(({ status }) => status === 'failed'),
    done: () =>
      ORDER.map((check) => found.get(check) ?? { check, status: 'skipped', detail: 'It was not looked at.' }),
  }
}

/** A value of a token or a configuration within a sentence: short, on one line, and as what it is. */
export function quote(value: unknown): string {
  const text = JSON.stringify(value) ?? 'nothing'
  const short = text.length > MAX_QUOTE ? `${text.slice(0, MAX_QUOTE)}…` : text
  // JSON leaves line separators and what turns the direction of writing as they are.
  return short.replaceAll(
    /[\p{C}\p{Zl}\p{Zp}]/gu,
    (character) => `\\u${character.charCodeAt(0).toString(16).padStart(4, '0')}`,
  )
}
