import { randomBytes } from 'node:crypto'
import type { DeadLetterQuery, DeadLetterScope, StoredDeadLetter } from '../dead-letters.ts'
import { decodeDeadLetter } from '../envelope/dead-letter.ts'
import { TransportError } from '../errors.ts'
import { subjectMatches } from '../subject/match.ts'
import { deadLetterFilter } from '../subject/subjects.ts'
import { assertLiteralToken, decodeToken } from '../subject/token.ts'
import { positive } from './settings.ts'

const MAX_LIMIT = 200
const DEFAULT_LIMIT = 50
/** Bytes stored after which a page ends, whatever its limit. */
export const MAX_PAGE_BYTES: number = 8 * 1024 * 1024

export interface DeadLetterPageSettings {
  readonly filter: string
  readonly limit: number
  /** Only what is older; infinite for the first page. */
  readonly before: number
}

/** @throws TypeError naming the option */
export function pageSettings(query: DeadLetterQuery = {}): DeadLetterPageSettings {
  return {
    filter: scopeFilter(query.scope),
    limit: positive('limit', query.limit, DEFAULT_LIMIT, MAX_LIMIT),
    before: query.after === undefined ? Number.POSITIVE_INFINITY : sequenceOf('after', query.after),
  }
}

/** @throws TypeError for names that are none */
export function scopeFilter(scope: DeadLetterScope | undefined): string {
  try {
    return deadLetterFilter(scope)
  } catch (cause) {
    throw new TypeError('"scope" option must name a workspace, and may name a project of it', { cause })
  }
}

/** Ids and cursors are sequences of the store. @throws TypeError naming the option */
export function sequenceOf(name: 'id' | 'after', text: string): number {
  const sequence = typeof text === 'string' && /^[1-9]\d{0,15}$/.test(text) ? Number(text) : Number.NaN
  if (!Number.isSafeInteger(sequence)) throw new TypeError(`"${name}" option must come from a list`)
  return sequence
}

/**
 * What is stored, with the scope and the actor of the subject: the server lets a worker publish there and nowhere else, while the
 * payload says what the worker likes. Null for what is none, or lies where no project's can: whoever lists relies on ids being ids.
 */
export function storedDeadLetter(
  sequence: number,
  subject: string,
  payload: Uint8Array,
): StoredDeadLetter | null {
  const [, workspaceId = '', projectId = '', actor = '', ...more] = subject.split('.')
  if (actor === '' || more.length > 0) return null
  try {
    assertLiteralToken(workspaceId, 'a workspace id')
    assertLiteralToken(projectId, 'a project id')
    const letter = decodeDeadLetter(payload)
    return {
      id: String(sequence),
      letter: { ...letter, scope: { workspaceId, projectId }, actor: decodeToken(actor) },
    }
  } catch {
    return null
  }
}

/** What a replay publishes, and where. */
export interface Replay {
  readonly subject: string
  readonly payload: Buffer
  readonly messageId: string
}

/** @throws TransportError `ERR_TRANSPORT_DEAD_LETTER_INCOMPLETE` */
export function replayOf({ id, letter }: StoredDeadLetter): Replay {
  const { scope, subject, payload, payloadBytes } = letter
  if (payloadBytes !== undefined) {
    throw new TransportError(
      'ERR_TRANSPORT_DEAD_LETTER_INCOMPLETE',
      'the message was too large to be kept whole',
    )
  }
  // Of its own project: a dead letter that somebody made up must not speak to another tenant's workers.
  const filter = `inbound.${scope.workspaceId}.${scope.projectId}.*.*`
  if (/[*>\s]/.test(subject) || subject.length > 255 || !subjectMatches(filter, subject)) {
    throw new TransportError(
      'ERR_TRANSPORT_DEAD_LETTER_INCOMPLETE',
      'the message came from a subject that is none of its project',
    )
  }
  return {
    subject,
    payload: Buffer.from(payload, 'base64'),
    messageId: `replay/${id}/${randomBytes(12).toString('base64url')}`,
  }
}
