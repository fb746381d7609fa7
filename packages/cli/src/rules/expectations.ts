import type { Subject, Visibility } from '@portcullis/visibility'
import { z } from 'zod'
import { CliError } from '../errors.ts'
import { readJsonFile } from '../input/read-file.ts'

/** Most rows of a table. */
const MAX_ROWS = 10_000

/** Domains in which peers are announced. */
export const PEER_DOMAINS = ['interop', 'agm', 'bus', 'context'] as const

const verdict = z.enum(['local', 'cluster'], 'must be local or cluster')
const shared = { identity: z.record(z.string(), z.unknown()).optional(), expect: verdict }

const rowSchema = z.union(
  [
    z.strictObject({ context: z.string(), ...shared }),
    z.strictObject({ method: z.string(), ...shared }),
    z.strictObject({ peer: z.enum(PEER_DOMAINS), ...shared }),
  ],
  'must have one of context, method and peer, and "expect" with local or cluster',
)

const tableSchema = z.array(rowSchema).max(MAX_ROWS)

/** One question to the rules, and what should come of it. */
export interface Expectation {
  readonly subject: Subject
  readonly expect: Visibility | undefined
}

/**
 * A table of expectations: `[{"context": "selection", "identity": {"user": "ann"}, "expect": "cluster"}]`, each row with one of
 * `context`, `method` and `peer`.
 *
 * @throws CliError `ERR_CLI_FILE`, `ERR_CLI_RULES` naming the row
 */
export async function readExpectations(path: string): Promise<Expectation[]> {
  const parsed = tableSchema.safeParse(await readJsonFile(path))
  if (!parsed.success) {
    const [issue] = parsed.error.issues
    throw new CliError('ERR_CLI_RULES', `${path}: ${issue?.path.join('.') || 'the table'}: ${issue?.message}`)
  }
  return parsed.data.map((row) => ({ subject: subjectOf(row), expect: row.expect }))
}

function subjectOf(row: z.output<typeof rowSchema>): Subject {
  const { identity } = row
  if ('context' in row) return { kind: 'context', name: row.context, identity }
  if ('method' in row) return { kind: 'method', name: row.method, identity }
  return { kind: 'peer', domain: row.peer, identity }
}

/** A subject in one line. */
export function describeSubject(subject: Subject): string {
  const members = Object.entries(subject.identity ?? {}).map(([name, value]) => `${name}=${textOf(value)}`)
  const what = subject.kind === 'peer' ? subject.domain : subject.name
  return [`${subject.kind} ${what}`, ...members].join(' ')
}

function textOf(value: unknown): string {
  return typeof value === 'string' ? value : (JSON.stringify(value) ?? 'undefined')
}
