/** What one way of getting a program led to: its path, or the sentence that says why not. */
export type Outcome = { path: string } | { why: string }

export interface Way {
  /** As the final error lists it: what a person can do to make this way work. */
  readonly name: string
  readonly attempt: () => Promise<Outcome>
}

/** Tries the ways in order; `undefined` is added to `failures` when none led to a path. */
export async function firstOf(ways: readonly Way[], failures: string[] = []): Promise<string | undefined> {
  for (const { name, attempt } of ways) {
    const outcome = await attempt()
    if ('path' in outcome) return outcome.path
    failures.push(`${name}: ${outcome.why}`)
  }
  return undefined
}

/** The one error after every way failed. */
export function noWay(program: string, failures: readonly string[]): Error {
  const list = failures.map((line, index) => `  ${index + 1}. ${line}`).join('\n')
  return new Error(`The tests need ${program}, and none of the ways to get it worked here:\n${list}`)
}
