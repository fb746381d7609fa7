import type { ClientRecord } from './client-record.ts'

/** A client as administration shows it: everything but the hash of its secret. */
export type Client = Omit<ClientRecord, 'secretHash'>

/** @returns the record without its secret's hash */
export function clientView(record: ClientRecord): Client {
  const { secretHash: _secretHash, ...view } = record
  return Object.freeze(view)
}
