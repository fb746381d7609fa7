import type { RecordKinds } from './auth-records.ts'
import { RECORD_SCHEMAS, wrongMembers } from './record-schemas.ts'

/** Of the form of stored values. A change of form takes the next number, and reads the earlier ones. */
const SCHEMA_NUMBER = 1

/** Text that every backend can hold: JSON has NUL and half surrogates as ASCII. */
export function encodeRecord<K extends keyof RecordKinds>(_kind: K, value: RecordKinds[K]): string {
  return JSON.stringify({ schema: SCHEMA_NUMBER, value })
}

/**
 * Reads what `encodeRecord` wrote; the value is frozen.
 *
 * @throws Error when it is something else, without quoting it
 */
export function decodeRecord<K extends keyof RecordKinds>(kind: K, text: string): RecordKinds[K] {
  let stored: { schema?: unknown; value?: unknown } | null
  try {
    stored = JSON.parse(text) as typeof stored
  } catch {
    // The parser's message quotes the text, which may hold a hash or a sealed answer.
    throw new Error(`a stored ${kind} is not JSON`)
  }
  if (stored?.schema !== SCHEMA_NUMBER) {
    const found =
      typeof stored?.schema === 'number' ? `of schema ${stored.schema}` : 'without a schema number'
    throw new Error(`a stored ${kind} is ${found}; this version reads schema ${SCHEMA_NUMBER}`)
  }
  const parsed = RECORD_SCHEMAS[kind].safeParse(stored.value)
  if (parsed.success) return parsed.data
  throw new Error(`a stored ${kind} has a wrong ${wrongMembers(parsed.error)}`)
}
