const REDACTED = '[redacted]'
// Tokens of one connection that are remembered. A session of days has many; the oldest have expired long ago.
const MAX_TOKENS = 16

/** Takes the tokens of a connection out of texts that it did not write itself. */
export class Redactor {
  readonly #maxLength: number
  #tokens: string[] = []

  /** @param maxLength of what comes out, characters */
  constructor(maxLength: number) {
    this.#maxLength = maxLength
  }

  add(token: string): void {
    const others = this.#tokens.filter((other) => other !== token)
    this.#tokens = [...others, token].slice(-MAX_TOKENS)
  }

  redact(text: string): string {
    // The longest first: one token may begin with another, and its rest would stay.
    const tokens = this.#tokens.toSorted((one, other) => other.length - one.length)
    let redacted = text
    for (const token of tokens) redacted = redacted.replaceAll(token, REDACTED)
    return redacted.slice(0, this.#maxLength)
  }
}
