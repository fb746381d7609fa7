import { CliError, EXIT_CODES } from '../errors.ts'
import type { Invocation } from '../invocation.ts'

/** What came of one of several dead letters. */
export interface EachOutcome {
  readonly id: string
  readonly ok: boolean
  /** Set when it did not work. */
  readonly error?: string
  readonly code?: string
}

/**
 * Does something to one dead letter after the other. One that is refused does not keep the others from it; a server that is gone
 * does.
 *
 * @returns what the process exits with
 */
export async function forEach(
  { print }: Invocation,
  ids: readonly string[],
  { json }: { json?: boolean | undefined },
  done: string,
  act: (id: string) => Promise<void>,
): Promise<number> {
  const outcomes: EachOutcome[] = []
  for (const id of new Set(ids)) {
    try {
      await act(id)
      outcomes.push({ id, ok: true })
      if (json !== true) print.line(`${done} ${id}`)
    } catch (error) {
      if (!CliError.is(error) || error.refusal === undefined || error.refusal.status === 401) throw error
      outcomes.push({
        id,
        ok: false,
        error: error.message,
        code: error.refusal.code ?? String(error.refusal.status),
      })
      if (json !== true) print.note(`error: ${error.message} (${error.refusal.code ?? error.refusal.status})`)
    }
  }
  if (json === true) print.json({ items: outcomes })
  return outcomes.every(({ ok }) => ok) ? EXIT_CODES.ok : EXIT_CODES.failed
}
