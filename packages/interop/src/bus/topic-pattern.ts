/** Whether a published topic, as a whole, is one that the subscription asked for. */
export type TopicTest = (topic: string) => boolean

/** True when a subscription's topic is a pattern: it holds `*` or `>` anywhere. */
export function isTopicPattern(topic: string): boolean {
  return topic.includes('*') || topic.includes('>')
}

/**
 * Compiles the topic of a subscription: `*` is one or more of `[A-Za-z0-9_]`, `>` is anything including nothing, every other
 * character is itself. Time to test a topic is bounded by its length times that of the pattern, whatever the two are: all
 * ways in which the pattern could match are followed at once, one bit each, and nothing is tried twice.
 */
export function compileTopicPattern(pattern: string): TopicTest {
  const wildcard = pattern.search(/[*>]/)
  if (wildcard === -1) return (topic) => topic === pattern
  const last = Math.max(pattern.lastIndexOf('*'), pattern.lastIndexOf('>'))
  const prefix = pattern.slice(0, wildcard)
  const suffix = pattern.slice(last + 1)
  const middle = compileMiddle(pattern.slice(wildcard, last + 1))
  return (topic) => {
    const end = topic.length - suffix.length
    return (
      end >= prefix.length &&
      topic.startsWith(prefix) &&
      topic.endsWith(suffix) &&
      middle(topic, prefix.length, end)
    )
  }
}

type RangeTest = (topic: string, from: number, to: number) => boolean

const BITS = 32

/**
 * State n is reached when n of the characters that the pattern asks for are matched. A `*` asks for one and lets its state
 * stay on word characters; a `>` asks for none and lets the state stay on anything.
 */
function compileMiddle(pattern: string): RangeTest {
  if (/^>+$/.test(pattern)) return () => true
  const asked = [...codeUnits(pattern)].filter((unit) => unit !== ANYTHING)
  const words = Math.floor(asked.length / BITS) + 1
  const none = new Int32Array(words)
  const stayOnWord = new Int32Array(words)
  const stayOnAny = new Int32Array(words)
  const step = new Map<number, Int32Array>()
  const stepOnWord = new Int32Array(words)

  let state = 0
  for (const unit of codeUnits(pattern)) {
    if (unit === ANYTHING) {
      setBit(stayOnAny, state)
      continue
    }
    state += 1
    if (unit === WORD) {
      setBit(stepOnWord, state)
      setBit(stayOnWord, state)
    } else {
      const of = step.get(unit) ?? new Int32Array(words)
      setBit(of, state)
      step.set(unit, of)
    }
  }
  const accepting = state

  // Matching is synchronous and never nested, so one place to work in is enough.
  let now = new Int32Array(words)
  let next = new Int32Array(words)
  return (topic, from, to) => {
    now.fill(0)
    now[0] = 1
    for (let index = from; index < to; index += 1) {
      const unit = topic.charCodeAt(index)
      const literal = step.get(unit) ?? none
      const isWord = isWordCharacter(unit)
      let carry = 0
      let alive = 0
      for (let word = 0; word < words; word += 1) {
        const states = now[word] as number
        const steps = (literal[word] as number) | (isWord ? (stepOnWord[word] as number) : 0)
        const stays = (stayOnAny[word] as number) | (isWord ? (stayOnWord[word] as number) : 0)
        const reached = (((states << 1) | carry) & steps) | (states & stays)
        carry = states >>> (BITS - 1)
        next[word] = reached
        alive |= reached
      }
      if (alive === 0) return false
      const swap = now
      now = next
      next = swap
    }
    return (((now[Math.floor(accepting / BITS)] as number) >>> (accepting % BITS)) & 1) === 1
  }
}

const WORD = '*'.charCodeAt(0)
const ANYTHING = '>'.charCodeAt(0)

function* codeUnits(text: string): Iterable<number> {
  for (let index = 0; index < text.length; index += 1) yield text.charCodeAt(index)
}

function setBit(bits: Int32Array, state: number): void {
  const word = Math.floor(state / BITS)
  bits[word] = (bits[word] as number) | (1 << (state % BITS))
}

/** `[A-Za-z0-9_]` */
function isWordCharacter(unit: number): boolean {
  return (
    (unit >= 97 && unit <= 122) || (unit >= 65 && unit <= 90) || (unit >= 48 && unit <= 57) || unit === 95
  )
}
