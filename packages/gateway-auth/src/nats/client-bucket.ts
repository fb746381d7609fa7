import type { StoredMsg } from '@nats-io/jetstream'
import type { ClientRecord } from '../client/client-record.ts'
import type { ClientLimits, ClientPage, InsertClientResult, Versioned } from '../store/auth-store.ts'
import { decodeRecord, encodeRecord } from '../store/record-codec.ts'
import { assertLimits, assertPageSize, freezeClient, isId } from '../store/record-rules.ts'
import { unavailable, unlessChanged } from './ask-nats.ts'
import { SEED_KEY } from './buckets.ts'
import { fromToken, toToken } from './key-token.ts'
import type { Session, Started } from './session.ts'

/** Insertions that wait for those before them. */
const MAX_WAITING = 1000
const GET_AT_ONCE = 50
const MAX_REMEMBERED = 10_000

/**
 * Clients, each under `<namespace>.<client>`: one by its id is the last message of `*.<client>`, and the size of a
 * namespace is the number of subjects of `<namespace>.*`.
 *
 * An insertion expects the sequence of the whole stream at which it counted. So nothing was inserted since, neither the
 * same id elsewhere nor another client of the namespace, and nothing is left behind by one that fails half way.
 */
export class ClientBucket {
  readonly #session: Session
  #lastInsertion: Promise<unknown> = Promise.resolve()
  #waiting = 0
  /** Where clients were found last: the server finds a whole subject at once, and looks through all for a wildcard. */
  readonly #namespaces = new Map<string, string>()

  constructor(session: Session) {
    this.#session = session
  }

  async insert(client: ClientRecord, limits: ClientLimits): Promise<InsertClientResult> {
    const copy = freezeClient(client)
    assertLimits(limits)
    if (this.#waiting >= MAX_WAITING) throw unavailable('too many clients are being inserted')
    this.#waiting += 1
    const latestStart = performance.now() + 2 * this.#session.settings.timeoutMs
    // Insertions of one process would only get in each other's way.
    const insertion = this.#lastInsertion.then(() => {
      // Each of those before may have waited for an answer in vain.
      if (performance.now() > latestStart) throw unavailable('the insertions before it take too long')
      return this.#session.retry((started) => this.#tryInsert(started, copy, limits))
    })
    this.#lastInsertion = insertion.catch(() => undefined)
    return insertion.finally(() => {
      this.#waiting -= 1
    })
  }

  async find(clientId: string): Promise<Versioned<ClientRecord> | null> {
    if (!isId(clientId)) return null
    const token = toToken(clientId)
    const message = await this.#session.ask(async (started) => {
      const namespace = this.#namespaces.get(token)
      const known = namespace === undefined ? null : await this.#last(started, `${namespace}.${token}`)
      return known ?? this.#last(started, `*.${token}`)
    })
    if (message === null) return null
    const value = decodeRecord('client', message.string())
    this.#remember(token, toToken(value.namespaceId))
    return { value, version: String(message.seq) }
  }

  async replace(client: ClientRecord, revision: number): Promise<boolean> {
    const copy = freezeClient(client)
    const key = `${toToken(copy.namespaceId)}.${toToken(copy.clientId)}`
    const written = await this.#session.ask(({ buckets }) =>
      unlessChanged(() => buckets.clients.kv.update(key, encodeRecord('client', copy), revision)),
    )
    return written !== null
  }

  async delete(clientId: string): Promise<boolean> {
    if (!isId(clientId)) return false
    // Without a marker, which would count as a client.
    const { purged } = await this.#session.ask(({ jsm, buckets }) =>
      jsm.streams.purge(buckets.clients.stream, {
        filter: subject(buckets.clients.name, `*.${toToken(clientId)}`),
      }),
    )
    return purged > 0
  }

  async list(query: {
    namespaceId?: string | undefined
    after?: string | null | undefined
    limit: number
  }): Promise<ClientPage> {
    const { namespaceId, after, limit } = query
    assertPageSize(limit)
    const cannotMatch = [namespaceId, after ?? undefined].some((id) => id !== undefined && !isId(id))
    if (cannotMatch) return { clients: [], next: null }
    return this.#session.ask(async (started) => {
      const namespace = namespaceId === undefined ? '*' : toToken(namespaceId)
      const { subjects } = await this.#count(started, namespace)
      const entries = subjects
        .map((name) => ({ name, id: fromToken(name.slice(name.lastIndexOf('.') + 1)) }))
        .filter((entry) => after === undefined || after === null || entry.id > after)
        .toSorted((one, other) => (one.id < other.id ? -1 : 1))
      const page = entries.slice(0, limit)
      const clients = await this.#read(
        started,
        page.map((entry) => entry.name),
      )
      return { clients, next: entries.length > limit ? (page.at(-1)?.id ?? null) : null }
    })
  }

  #remember(token: string, namespace: string): void {
    if (this.#namespaces.get(token) === namespace) return
    if (this.#namespaces.size >= MAX_REMEMBERED) this.#namespaces.clear()
    this.#namespaces.set(token, namespace)
  }

  async #tryInsert(
    started: Started,
    client: ClientRecord,
    limits: ClientLimits,
  ): Promise<InsertClientResult | undefined> {
    const { js, buckets } = started
    const namespace = toToken(client.namespaceId)
    const { subjects, total, sequence } = await this.#count(started, namespace)
    if (sequence === 0) {
      // Somebody made the bucket anew.
      await unlessChanged(() => buckets.clients.kv.create(SEED_KEY, ''))
      return undefined
    }
    if ((await this.#last(started, `*.${toToken(client.clientId)}`)) !== null) return 'exists'
    if (subjects.length >= limits.maxPerNamespace) return 'namespace_full'
    if (total >= limits.maxClients) return 'store_full'
    const key = subject(buckets.clients.name, `${namespace}.${toToken(client.clientId)}`)
    const written = await unlessChanged(async () => {
      const expect = { lastSequence: sequence }
      return (await js.publish(key, encodeRecord('client', client), { expect })).seq
    })
    return written === null ? undefined : 'inserted'
  }

  async #count(
    { jsm, buckets }: Started,
    namespace: string,
  ): Promise<{ subjects: string[]; total: number; sequence: number }> {
    const { stream, name } = buckets.clients
    const { state } = await jsm.streams.info(stream, { subjects_filter: subject(name, `${namespace}.*`) })
    const total = (state.num_subjects ?? 0) - 1
    return { subjects: Object.keys(state.subjects ?? {}), total, sequence: state.last_seq }
  }

  #last(started: Started, key: string): Promise<StoredMsg | null> {
    return this.#lastOf(started, subject(started.buckets.clients.name, key))
  }

  async #lastOf({ jsm, buckets }: Started, name: string): Promise<StoredMsg | null> {
    const message = await jsm.streams.getMessage(buckets.clients.stream, { last_by_subj: name })
    // What an operator deletes by hand leaves a mark, which is no client.
    return message === null || message.header.has('KV-Operation') ? null : message
  }

  async #read(started: Started, subjects: readonly string[]): Promise<ClientRecord[]> {
    const clients: ClientRecord[] = []
    for (let start = 0; start < subjects.length; start += GET_AT_ONCE) {
      const names = subjects.slice(start, start + GET_AT_ONCE)
      const messages = await Promise.all(names.map((name) => this.#lastOf(started, name)))
      // One that is gone meanwhile is not in the page.
      for (const message of messages) {
        if (message !== null) clients.push(decodeRecord('client', message.string()))
      }
    }
    return clients
  }
}

function subject(bucket: string, key: string): string {
  return `$KV.${bucket}.${key}`
}
