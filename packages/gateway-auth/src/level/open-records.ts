import { ClassicLevel } from 'classic-level'
import { GatewayAuthError } from '../errors.ts'
import { AuthRecords, type RecordLimits, type StoredRecord } from '../store/auth-records.ts'
import { decodeRecord } from '../store/record-codec.ts'
import { Journal } from './journal.ts'

/** Says what the directory holds, and in which form. */
const FORMAT_KEY = 'portcullis-auth'
const FORMAT = '1'

const KINDS: readonly string[] = [
  'client',
  'family',
  'revocation',
  'claim',
  'rate',
] satisfies StoredRecord['kind'][]

const REMOVE_AT_ONCE = 1000

export interface OpenRecords {
  readonly records: AuthRecords
  readonly journal: Journal
  close(): Promise<void>
}

/**
 * Opens a directory, which no other process can open meanwhile, and reads what it holds.
 *
 * @throws GatewayAuthError `ERR_AUTH_STORE_UNAVAILABLE` when another process has it open
 * @throws Error naming the directory when it holds something else, more than the limits, or is damaged; no live record
 *   is changed then
 */
export async function openRecords(
  directory: string,
  limits: RecordLimits,
  sync: boolean,
): Promise<OpenRecords> {
  const db = new ClassicLevel(directory)
  try {
    await db.open()
  } catch (error) {
    const { cause = error } = error as Error
    if ((cause as { code?: unknown }).code === 'LEVEL_LOCKED') {
      throw new GatewayAuthError(
        'ERR_AUTH_STORE_UNAVAILABLE',
        `the auth store in ${directory} is open already: it is of one process at a time`,
        { cause: error },
      )
    }
    throw new Error(`the auth store in ${directory} cannot be opened: ${(cause as Error).message}`, {
      cause: error,
    })
  }
  try {
    await assertFormat(db)
    const journal = new Journal(db, sync)
    const records = new AuthRecords(limits, journal.add)
    await readInto(records, db)
    return { records, journal, close: () => db.close() }
  } catch (error) {
    await db.close()
    throw new Error(`the auth store in ${directory}: ${(error as Error).message}`, { cause: error })
  }
}

async function assertFormat(db: ClassicLevel): Promise<void> {
  const format = await db.get(FORMAT_KEY)
  if (format === FORMAT) return
  if (format !== undefined) throw new Error(`its format is ${format}; this version reads ${FORMAT}`)
  const [first] = await db.keys({ limit: 1 }).all()
  if (first !== undefined) throw new Error('it holds the data of something else')
  await db.put(FORMAT_KEY, FORMAT, { sync: true })
}

async function readInto(records: AuthRecords, db: ClassicLevel): Promise<void> {
  const now = Date.now()
  let ended: string[] = []
  const removeEnded = async (): Promise<void> => {
    await db.batch(ended.map((key) => ({ type: 'del', key })))
    ended = []
  }
  for await (const [key, text] of db.iterator()) {
    if (key === FORMAT_KEY) continue
    const record = readRecord(key, text)
    if (endOf(record) <= now) ended.push(key)
    else records.restore(record)
    if (ended.length >= REMOVE_AT_ONCE) await removeEnded()
  }
  await removeEnded()
}

function readRecord(key: string, text: string): StoredRecord {
  const separator = key.indexOf('!')
  const kind = key.slice(0, separator) as StoredRecord['kind']
  if (!KINDS.includes(kind)) throw new Error('it holds a record of an unknown kind')
  return { kind, key: key.slice(separator + 1), value: decodeRecord(kind, text) } as StoredRecord
}

function endOf({ kind, value }: StoredRecord): number {
  if (kind === 'client') return Infinity
  if (kind === 'claim') return value
  return kind === 'rate' ? value.resetsAt : value.expiresAt
}
