import { type JetStreamManager, StorageType, type StreamInfo } from '@nats-io/jetstream'
import { TransportError } from '../../errors.ts'
import type { StreamDrift } from '../../transport.ts'
import type { NatsSettings } from '../options.ts'
import { type StreamDefinition, streamDefinitions } from './definitions.ts'

export interface EnsuredStreams {
  drift: StreamDrift[]
  /** Creation time per stream: another one means that the stream, and its sequence, began anew. */
  created: Map<string, string>
}

/**
 * Creates the streams that are missing and compares those that exist, by name. Safe from any number of processes.
 *
 * @throws TransportError `ERR_TRANSPORT_STREAM_DRIFT` when a stream cannot work, or drifts and `drift` is `fail`
 */
export async function ensureStreams(jsm: JetStreamManager, settings: NatsSettings): Promise<EnsuredStreams> {
  const ensured: EnsuredStreams = { drift: [], created: new Map() }
  for (const definition of streamDefinitions(settings)) {
    const info = (await findStream(jsm, definition.name)) ?? (await addStream(jsm, definition))
    ensured.created.set(definition.name, info.created)
    ensured.drift.push(...(await reconcile(jsm, definition, info, settings.drift)))
  }
  return ensured
}

async function findStream(jsm: JetStreamManager, name: string): Promise<StreamInfo | undefined> {
  try {
    return await jsm.streams.info(name)
  } catch (error) {
    if (isNotFound(error)) return undefined
    throw error
  }
}

async function addStream(jsm: JetStreamManager, definition: StreamDefinition): Promise<StreamInfo> {
  try {
    return await jsm.streams.add(definition)
  } catch (error) {
    // Another process was faster and uses other settings: compare with what it made.
    const existing = await findStream(jsm, definition.name)
    if (existing) return existing
    throw error
  }
}

async function reconcile(
  jsm: JetStreamManager,
  wanted: StreamDefinition,
  info: StreamInfo,
  policy: NatsSettings['drift'],
): Promise<StreamDrift[]> {
  const drift = differences(wanted, info.config)
  if (drift.length === 0) return drift
  const fatal = drift.find((one) => one.setting === 'retention' || one.setting === 'subjects')
  if (fatal ?? policy === 'fail') {
    const settings = drift.map(
      (one) => `${one.setting} is ${describe(one.actual)}, not ${describe(one.expected)}`,
    )
    throw new TransportError('ERR_TRANSPORT_STREAM_DRIFT', `stream ${wanted.name}: ${settings.join('; ')}`)
  }
  if (policy === 'update') {
    // The storage of a stream is fixed for its life; everything else can follow.
    const { storage: _fixed, name, ...changes } = wanted
    try {
      const updated = await jsm.streams.update(name, { ...info.config, ...changes })
      const left = differences(wanted, updated.config).map((one) => one.setting)
      return drift.map((one) => ({ ...one, corrected: !left.includes(one.setting) }))
    } catch {
      // A server may refuse (replicas without a cluster, limits of the account): then it is reported.
    }
  }
  return drift
}

function differences(wanted: StreamDefinition, actual: StreamDefinition): StreamDrift[] {
  const drift: StreamDrift[] = []
  for (const setting of Object.keys(wanted) as (keyof StreamDefinition)[]) {
    const expected: unknown = wanted[setting]
    const found: unknown = actual[setting]
    if (JSON.stringify(expected) === JSON.stringify(found)) continue
    drift.push({ stream: wanted.name, setting, expected, actual: found, corrected: false })
  }
  return drift
}

function describe(value: unknown): string {
  return value === StorageType.File ? 'file' : JSON.stringify(value)
}

/** Whether the server said that a stream or consumer does not exist. */
export function isNotFound(error: unknown): boolean {
  return isStreamNotFound(error) || (error as { code?: unknown } | null)?.code === 10014
}

/** Whether the server said that a stream does not exist. */
export function isStreamNotFound(error: unknown): boolean {
  return (error as { code?: unknown } | null)?.code === 10059
}
