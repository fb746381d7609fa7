import { DiscardPolicy, type JetStreamClient, type JetStreamManager, StorageType } from '@nats-io/jetstream'
import { type KV, Kvm } from '@nats-io/kv'
import { nanos } from '@nats-io/transport-node'
import { askNats } from './ask-nats.ts'
import type { NatsSettings } from './options.ts'

/** A setting of a bucket that is not as this process wants it. */
export interface BucketDrift {
  readonly bucket: string
  readonly setting: string
  readonly expected: unknown
  readonly actual: unknown
}

export interface Bucket {
  readonly name: string
  /** The stream behind the bucket. */
  readonly stream: string
  readonly kv: KV
  /** When the server made it, milliseconds since the epoch, a whole second. */
  readonly createdAt: number
}

export interface Buckets {
  readonly clients: Bucket
  readonly families: Bucket
  readonly revocations: Bucket
  readonly claims: Bucket
  readonly rates: Bucket
}

/** Clocks of servers and processes differ: the server removes an entry this long after its end at the earliest. */
const AGE_SLACK_MS = 3_600_000
/** So that the stream of clients is never empty: servers before 2.10 take an expected sequence of 0 for none. */
export const SEED_KEY = 'seed'

/**
 * Opens the buckets and makes those that are missing. One per lifetime: what removes an entry is the age limit of its
 * bucket. An existing bucket is never changed.
 *
 * @throws TypeError when an existing bucket would lose live entries, or is a stream of something else
 */
export async function openBuckets(
  js: JetStreamClient,
  jsm: JetStreamManager,
  settings: NatsSettings,
): Promise<Buckets> {
  const kvm = new Kvm(js)
  const open = (suffix: string, longestMs: number | null): Promise<Bucket> =>
    openBucket(kvm, jsm, `${settings.bucketPrefix}_${suffix}`, longestMs, settings)
  const clients = await open('CLIENTS', null)
  // That it is there already is as good.
  await askNats(async () => {
    if ((await clients.kv.get(SEED_KEY)) !== null) return
    // A bucket that another process is making this moment may not listen yet.
    await js.publish(`$KV.${clients.name}.${SEED_KEY}`, '', { retries: 3 })
  })
  return {
    clients,
    families: await open('FAMILIES', settings.maxFamilyMs),
    revocations: await open('REVOCATIONS', settings.maxRevocationMs),
    claims: await open('CLAIMS', settings.maxClaimMs),
    rates: await open('RATES', settings.maxWindowMs),
  }
}

async function openBucket(
  kvm: Kvm,
  jsm: JetStreamManager,
  name: string,
  longestMs: number | null,
  settings: NatsSettings,
): Promise<Bucket> {
  const stream = `KV_${name}`
  const maxAge = longestMs === null ? 0 : nanos(longestMs + AGE_SLACK_MS)
  const create = (): Promise<KV> =>
    kvm.create(name, {
      history: 1,
      storage: StorageType.File,
      replicas: settings.replicas,
      max_bytes: settings.maxBucketBytes,
      // Reads go to the leader: a follower that lags would show a refresh token as used that is not.
      allow_direct: false,
      ...(longestMs === null ? {} : { ttl: longestMs + AGE_SLACK_MS }),
    })
  return askNats(async () => {
    // A second time finds what another process, with other settings, made meanwhile.
    const kv = await create().catch(create)
    const { config, created } = await jsm.streams.info(stream)
    const subject = `$KV.${name}.>`
    // From any other stream every entry would be absent.
    if (config.subjects?.length !== 1 || config.subjects[0] !== subject) {
      throw new TypeError(`stream ${stream} is not the bucket: it does not take ${subject} alone`)
    }
    const wanted = {
      max_age: maxAge,
      max_bytes: settings.maxBucketBytes,
      max_msgs_per_subject: 1,
      discard: DiscardPolicy.New,
      storage: StorageType.File,
      num_replicas: settings.replicas,
    }
    for (const [setting, expected] of Object.entries(wanted)) {
      const actual = config[setting as keyof typeof wanted]
      if (actual === expected) continue
      const drift: BucketDrift = { bucket: name, setting, expected, actual }
      if (losesEntries(drift)) {
        throw new TypeError(
          `bucket ${name}: ${setting} is ${String(actual)}, not ${String(expected)}: it would lose live entries`,
        )
      }
      settings.onDrift?.(drift)
    }
    return { name, stream, kv, createdAt: Math.floor(Date.parse(created) / 1000) * 1000 }
  })
}

function losesEntries({ setting, expected, actual }: BucketDrift): boolean {
  if (setting === 'discard') return true
  if (setting !== 'max_age' || actual === 0) return false
  return expected === 0 || (actual as number) < (expected as number)
}
