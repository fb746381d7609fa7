import { GatewayAuthError } from '../errors.ts'
import type { AuthRecords } from '../store/auth-records.ts'
import type { AuthStore } from '../store/auth-store.ts'
import { RevocationWatchers } from '../store/revocation-watchers.ts'
import { recordLimits, type RecordLimitOptions } from '../store/store-settings.ts'
import { type OpenRecords, openRecords } from './open-records.ts'

/** Options of {@link createLevelStore}. */
export interface LevelStoreOptions extends RecordLimitOptions {
  /** Where the records are kept; made when missing. One process at a time. */
  directory: string
  /**
   * Whether a change is on the disk, and not only with the operating system, before it is answered. Without it a change
   * survives the end of the process, however that ends, but not a power failure. @defaultValue true
   */
  sync?: boolean | undefined
}

/** After a failed write the directory is opened again at most this often. */
const REOPEN_MS = 1000

/**
 * A store of one process that survives its restarts: the records are in memory, and every change is written to LevelDB
 * before it is answered. After a write that failed it answers nothing from memory until it has read the directory anew.
 *
 * Bounds and what happens past them are those of `createMemoryStore`. A disk that cannot keep up refuses changes.
 *
 * @throws TypeError naming a wrong option
 */
export function createLevelStore(options: LevelStoreOptions): AuthStore {
  const { directory, sync = true } = options
  if (typeof directory !== 'string' || directory === '' || directory.includes('\0')) {
    throw new TypeError('"directory" option must be the path of a folder')
  }
  if (typeof sync !== 'boolean') throw new TypeError('"sync" option must be a boolean')
  const limits = recordLimits(options)
  const watchers = new RevocationWatchers()
  let current: OpenRecords | undefined
  let opening: Promise<OpenRecords> | undefined
  let closing: Promise<void> | undefined
  // Of a clock that nobody sets; undefined until a write failed.
  let reopenAt: number | undefined

  async function open(): Promise<OpenRecords> {
    const failed = current
    current = undefined
    await failed?.close()
    const opened = await openRecords(directory, limits, sync)
    current = opened
    for (const revocation of opened.records.revocations()) watchers.tell(revocation)
    watchers.setCurrent(true)
    return opened
  }

  function openOnce(): Promise<OpenRecords> {
    opening ??= open().finally(() => {
      opening = undefined
    })
    return opening
  }

  async function start(): Promise<void> {
    if (closing !== undefined) throw unavailable('the store is closed')
    if (current === undefined) await openOnce()
  }

  async function ready(): Promise<OpenRecords> {
    if (closing !== undefined) throw unavailable('the store is closed')
    if (current !== undefined && !current.journal.hasFailed) return current
    if (opening !== undefined) return reopened(opening)
    if (reopenAt === undefined) throw unavailable('the store is not started')
    if (performance.now() < reopenAt) throw unavailable('the last change could not be written')
    reopenAt = performance.now() + REOPEN_MS
    return reopened(openOnce())
  }

  async function read<T>(operation: (records: AuthRecords) => T): Promise<T> {
    return operation((await ready()).records)
  }

  /** Applies an operation, and answers once it, and whatever it was decided by, is written. */
  async function write<T>(operation: (records: AuthRecords) => T): Promise<T> {
    const { records, journal } = await ready()
    journal.assertRoom()
    const result = operation(records)
    try {
      await journal.commit()
    } catch (error) {
      reopenAt ??= performance.now()
      watchers.setCurrent(false)
      throw error
    }
    return result
  }

  function close(): Promise<void> {
    closing ??= (async () => {
      watchers.clear()
      await opening?.catch(() => undefined)
      // Callers that wait for their batch get its outcome.
      await current?.journal.commit().catch(() => undefined)
      await current?.close()
    })()
    return closing
  }

  return Object.freeze({
    isShared: false,
    rememberedSince: 0,
    maxFamilyMs: Infinity,
    start,
    insertClient: (client, bounds) => write((records) => records.insertClient(client, bounds)),
    findClient: (clientId) => read((records) => records.findClient(clientId)),
    replaceClient: (client, version) => write((records) => records.replaceClient(client, version)),
    deleteClient: (clientId) => write((records) => records.deleteClient(clientId)),
    listClients: (query) => read((records) => records.listClients(query)),
    insertFamily: (family) => write((records) => records.insertFamily(family)),
    findFamily: (familyId) => read((records) => records.findFamily(familyId)),
    replaceFamily: (family, version) => write((records) => records.replaceFamily(family, version)),
    addRevocation: async (revocation) =>
      watchers.tell(await write((records) => records.addRevocation(revocation))),
    watchRevocations: (onRevocation, onState) =>
      read((records) => watchers.add(records.revocations(), onRevocation, onState)),
    claim: (key, expiresAt) => write((records) => records.claim(key, expiresAt)),
    hit: (key, windowMs) => write((records) => records.hit(key, windowMs)),
    peek: (key) => read((records) => records.peek(key)),
    close,
    [Symbol.asyncDispose]: close,
  } satisfies AuthStore)
}

/** What a start tells its caller in full is an outage to whoever asks for a record. */
async function reopened(opening: Promise<OpenRecords>): Promise<OpenRecords> {
  try {
    return await opening
  } catch (cause) {
    throw unavailable('the records cannot be read again', cause)
  }
}

function unavailable(message: string, cause?: unknown): GatewayAuthError {
  return new GatewayAuthError('ERR_AUTH_STORE_UNAVAILABLE', message, { cause })
}
