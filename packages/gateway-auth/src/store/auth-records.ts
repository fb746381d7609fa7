import { randomBytes } from 'node:crypto'
import type { ClientRecord } from '../client/client-record.ts'
import { GatewayAuthError } from '../errors.ts'
import type { TokenFamily } from '../family/token-family.ts'
import type { Revocation } from '../revocation/revocation.ts'
import type { ClientLimits, ClientPage, InsertClientResult, RateWindow, Versioned } from './auth-store.ts'
import { ExpiringMap } from './expiring-map.ts'
import {
  assertLimits,
  assertPageSize,
  assertTime,
  assertWindow,
  digestKey,
  freezeClient,
  freezeFamily,
  isId,
  mergeRevocations,
  revocationKey,
} from './record-rules.ts'

/** Most entries of each kind that end by themselves. Past it an insertion is refused. */
export interface RecordLimits {
  readonly maxFamilies: number
  readonly maxRevocations: number
  readonly maxClaims: number
  readonly maxRateWindows: number
}

/** What the records are made of; `claim` has its end as value. */
export interface RecordKinds {
  client: ClientRecord
  family: TokenFamily
  revocation: Revocation
  claim: number
  rate: RateWindow
}

/** One record with its key. */
export type StoredRecord = {
  readonly [K in keyof RecordKinds]: {
    readonly kind: K
    readonly key: string
    readonly value: RecordKinds[K]
  }
}[keyof RecordKinds]

/** Told of every change, in order: the new value, or null when it is gone. */
export type OnRecordChange = (
  kind: keyof RecordKinds,
  key: string,
  value: RecordKinds[keyof RecordKinds] | null,
) => void

/**
 * The records of one process, in memory. Every operation is synchronous, and so atomic: what makes them a store, and
 * what makes them last, is around them.
 */
export class AuthRecords {
  readonly #clients = new Map<string, Versioned<ClientRecord>>()
  readonly #namespaceSizes = new Map<string, number>()
  #sortedIds: string[] | undefined
  readonly #families: ExpiringMap<Versioned<TokenFamily>>
  readonly #revocations: ExpiringMap<Revocation>
  readonly #claims: ExpiringMap<number>
  readonly #rates: ExpiringMap<RateWindow>
  readonly #onChange: OnRecordChange
  // A version must not come again in a later set of records that continues this one.
  readonly #versionPrefix = randomBytes(6).toString('base64url')
  #versionCount = 0

  constructor(limits: RecordLimits, onChange: OnRecordChange = () => undefined) {
    this.#onChange = onChange
    const table = <V>(kind: keyof RecordKinds, maxEntries: number): ExpiringMap<V> =>
      new ExpiringMap<V>(maxEntries, (key) => onChange(kind, key, null))
    this.#families = table('family', limits.maxFamilies)
    this.#revocations = table('revocation', limits.maxRevocations)
    this.#claims = table('claim', limits.maxClaims)
    this.#rates = table('rate', limits.maxRateWindows)
  }

  insertClient(client: ClientRecord, limits: ClientLimits): InsertClientResult {
    const copy = freezeClient(client)
    assertLimits(limits)
    const size = this.#namespaceSizes.get(copy.namespaceId) ?? 0
    if (this.#clients.has(copy.clientId)) return 'exists'
    if (size >= limits.maxPerNamespace) return 'namespace_full'
    if (this.#clients.size >= limits.maxClients) return 'store_full'
    this.#addClient(copy)
    this.#onChange('client', copy.clientId, copy)
    return 'inserted'
  }

  findClient(clientId: string): Versioned<ClientRecord> | null {
    return this.#clients.get(clientId) ?? null
  }

  replaceClient(client: ClientRecord, version: string): boolean {
    const copy = freezeClient(client)
    const current = this.#clients.get(copy.clientId)
    if (current?.version !== version || current.value.namespaceId !== copy.namespaceId) return false
    this.#clients.set(copy.clientId, this.#version(copy))
    this.#onChange('client', copy.clientId, copy)
    return true
  }

  deleteClient(clientId: string): boolean {
    const current = this.#clients.get(clientId)
    if (current === undefined) return false
    const { namespaceId } = current.value
    const size = (this.#namespaceSizes.get(namespaceId) ?? 1) - 1
    if (size === 0) this.#namespaceSizes.delete(namespaceId)
    else this.#namespaceSizes.set(namespaceId, size)
    this.#clients.delete(clientId)
    this.#sortedIds = undefined
    this.#onChange('client', clientId, null)
    return true
  }

  listClients(query: {
    namespaceId?: string | undefined
    after?: string | null | undefined
    limit: number
  }): ClientPage {
    assertPageSize(query.limit)
    const { after = null, namespaceId, limit } = query
    if (after !== null && !isId(after)) return { clients: [], next: null }
    this.#sortedIds ??= [...this.#clients.keys()].toSorted()
    const clients: ClientRecord[] = []
    for (const id of this.#sortedIds) {
      if (after !== null && id <= after) continue
      const { value } = this.#clients.get(id) as Versioned<ClientRecord>
      if (namespaceId !== undefined && value.namespaceId !== namespaceId) continue
      if (clients.length === limit) return { clients, next: clients.at(-1)?.clientId ?? null }
      clients.push(value)
    }
    return { clients, next: null }
  }

  insertFamily(family: TokenFamily): boolean {
    const copy = freezeFamily(family)
    const now = Date.now()
    if (this.#families.get(copy.familyId, now) !== undefined) return false
    this.#setFamily(copy, now)
    return true
  }

  findFamily(familyId: string): Versioned<TokenFamily> | null {
    return this.#families.get(familyId, Date.now()) ?? null
  }

  replaceFamily(family: TokenFamily, version: string): boolean {
    const copy = freezeFamily(family)
    const now = Date.now()
    if (this.#families.get(copy.familyId, now)?.version !== version) return false
    this.#setFamily(copy, now)
    return true
  }

  /** What is stored now, which is what to tell watchers. */
  addRevocation(revocation: Revocation): Revocation {
    const key = revocationKey(revocation)
    const now = Date.now()
    const merged = mergeRevocations(this.#revocations.get(key, now), revocation)
    if (!this.#revocations.set(key, merged, merged.expiresAt, now)) throw full('revocations')
    this.#onChange('revocation', key, merged)
    return merged
  }

  /** The live revocations. */
  revocations(): Revocation[] {
    return [...this.#revocations.values(Date.now())]
  }

  claim(key: string, expiresAt: number): boolean {
    const digest = digestKey('key', key)
    assertTime('expiresAt', expiresAt)
    const now = Date.now()
    if (this.#claims.get(digest, now) !== undefined) return false
    if (!this.#claims.set(digest, expiresAt, expiresAt, now)) throw full('claims')
    this.#onChange('claim', digest, expiresAt)
    return true
  }

  hit(key: string, windowMs: number): RateWindow {
    const digest = digestKey('key', key)
    assertWindow(windowMs)
    const now = Date.now()
    const current = this.#rates.get(digest, now) ?? { count: 0, resetsAt: now + windowMs }
    const window = Object.freeze({ count: current.count + 1, resetsAt: current.resetsAt })
    if (!this.#rates.set(digest, window, window.resetsAt, now)) throw full('rate windows')
    this.#onChange('rate', digest, window)
    return window
  }

  peek(key: string): RateWindow | null {
    return this.#rates.get(digestKey('key', key), Date.now()) ?? null
  }

  /** Puts back what `onChange` told before. Says nothing to `onChange`. @throws Error when the limits are less than that */
  restore({ kind, key, value }: StoredRecord): void {
    const now = Date.now()
    switch (kind) {
      case 'client':
        return this.#addClient(freezeClient(value))
      case 'family':
        return this.#restoreInto(
          this.#families,
          key,
          this.#version(freezeFamily(value)),
          value.expiresAt,
          now,
        )
      case 'revocation':
        return this.#restoreInto(this.#revocations, key, value, value.expiresAt, now)
      case 'claim':
        return this.#restoreInto(this.#claims, key, value, value, now)
      case 'rate':
        return this.#restoreInto(this.#rates, key, value, value.resetsAt, now)
    }
  }

  #restoreInto<V>(table: ExpiringMap<V>, key: string, value: V, expiresAt: number, now: number): void {
    if (!table.set(key, value, expiresAt, now))
      throw new Error('it holds more live records than its limits allow')
  }

  #addClient(client: ClientRecord): void {
    this.#clients.set(client.clientId, this.#version(client))
    this.#namespaceSizes.set(client.namespaceId, (this.#namespaceSizes.get(client.namespaceId) ?? 0) + 1)
    this.#sortedIds = undefined
  }

  #setFamily(family: TokenFamily, now: number): void {
    if (!this.#families.set(family.familyId, this.#version(family), family.expiresAt, now)) {
      throw full('token families')
    }
    this.#onChange('family', family.familyId, family)
  }

  #version<T>(value: T): Versioned<T> {
    this.#versionCount += 1
    return Object.freeze({ value, version: `${this.#versionPrefix}${this.#versionCount}` })
  }
}

function full(what: string): GatewayAuthError {
  return new GatewayAuthError('ERR_AUTH_STORE_UNAVAILABLE', `the store is full of live ${what}`)
}
