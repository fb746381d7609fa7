import { unlessChanged } from './ask-nats.ts'
import type { Bucket } from './buckets.ts'

export interface Entry {
  readonly text: string
  readonly revision: number
}

/** What a bucket has under a key; null when nothing, or only the mark of a deletion. */
export async function readEntry(bucket: Bucket, key: string): Promise<Entry | null> {
  const entry = await bucket.kv.get(key)
  return entry === null || entry.operation !== 'PUT'
    ? null
    : { text: entry.string(), revision: entry.revision }
}

/** Writes over the entry that was read, or where there was none. False when another write was first. */
export async function writeEntry(
  bucket: Bucket,
  key: string,
  text: string,
  over: Entry | null,
): Promise<boolean> {
  const { kv } = bucket
  const revision = await unlessChanged(() =>
    over === null ? kv.create(key, text) : kv.update(key, text, over.revision),
  )
  return revision !== null
}
