import { createHash, timingSafeEqual } from 'node:crypto'

/**
 * Makes the check of an `Authorization` header. Every token is compared, in constant time, so that the time does not tell which one
 * came close.
 *
 * @throws TypeError naming the option
 */
export function acceptedTokens(tokens: string | readonly string[]): (header: string | undefined) => boolean {
  const accepted = typeof tokens === 'string' ? [tokens] : [...(tokens ?? [])]
  if (accepted.length === 0) throw new TypeError('"internalTokens" option must name at least one token')
  for (const token of accepted) {
    if (typeof token !== 'string' || token === '') {
      throw new TypeError('"internalTokens" option must not be empty')
    }
  }
  const digests = accepted.map(digest)
  return (header) => {
    const offered = /^bearer +([!-~]+) *$/i.exec(header ?? '')?.[1]
    const found = digest(offered ?? '')
    let matches = 0
    for (const one of digests) if (timingSafeEqual(one, found)) matches += 1
    return offered !== undefined && matches > 0
  }
}

function digest(text: string): Buffer {
  return createHash('sha256').update(text).digest()
}
