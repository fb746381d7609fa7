import type { Transport } from '@portcullis/transport'

/** The part of a pino logger that a worker uses. */
export interface WorkerLogger {
  info(details: object, message: string): void
  warn(details: object, message: string): void
  error(details: object, message: string): void
}

export interface WorkerOptions {
  /** Started by the worker if it is not started yet; closed by whoever made it. */
  transport: Transport
  workspaceId: string
  projectId: string
  /** Attempts at a message before it is parked, at least 1. @defaultValue 5 */
  maxAttempts?: number | undefined
  /** Waits between attempts, milliseconds; the last one repeats. @defaultValue [1000, 5000, 30000] */
  backoffMs?: readonly number[] | undefined
  /** Longest run of one handler, milliseconds. @defaultValue 30000 */
  handlerTimeoutMs?: number | undefined
  /** Messages waiting behind a failing one of the same actor id before it is parked early. @defaultValue 64 */
  maxBacklogPerId?: number | undefined
  /** Silence after which the engine gives a message to another worker, milliseconds. @defaultValue 30000 */
  ackWaitMs?: number | undefined
  /** Sessions remembered for `disconnect`; past it the oldest go. @defaultValue 100000 */
  maxTrackedSessions?: number | undefined
  /** Silent by default. Never given a message's content. */
  logger?: WorkerLogger | undefined
}

export type WorkerSettings = Readonly<Required<{ [K in keyof WorkerOptions]: NonNullable<WorkerOptions[K]> }>>

/** Past it Node fires a timer at once. */
export const LONGEST_TIMER_MS = 2_147_483_647

const SILENT: WorkerLogger = { info: () => undefined, warn: () => undefined, error: () => undefined }

/** @throws TypeError naming the option */
export function workerSettings(options: WorkerOptions): WorkerSettings {
  if (typeof options?.transport?.consumeInbound !== 'function') {
    throw new TypeError('"transport" option must be a transport')
  }
  for (const name of ['workspaceId', 'projectId'] as const) {
    if (typeof options[name] !== 'string' || !/^[A-Za-z0-9_-]{1,64}$/.test(options[name])) {
      throw new TypeError(`"${name}" option must match ^[A-Za-z0-9_-]{1,64}$`)
    }
  }
  const backoffMs: unknown = options.backoffMs ?? [1000, 5000, 30_000]
  if (!isBackoff(backoffMs))
    throw new TypeError('"backoffMs" option must be a list of whole numbers of at least 0')
  for (const level of ['info', 'warn', 'error'] as const) {
    if (options.logger !== undefined && typeof options.logger[level] !== 'function') {
      throw new TypeError(`"logger" option must have the method ${level}`)
    }
  }
  return Object.freeze({
    transport: options.transport,
    workspaceId: options.workspaceId,
    projectId: options.projectId,
    maxAttempts: positive('maxAttempts', options.maxAttempts, 5),
    backoffMs: Object.freeze([...backoffMs]),
    handlerTimeoutMs: positive('handlerTimeoutMs', options.handlerTimeoutMs, 30_000, LONGEST_TIMER_MS),
    maxBacklogPerId: positive('maxBacklogPerId', options.maxBacklogPerId, 64),
    ackWaitMs: positive('ackWaitMs', options.ackWaitMs, 30_000, LONGEST_TIMER_MS),
    maxTrackedSessions: positive('maxTrackedSessions', options.maxTrackedSessions, 100_000),
    logger: options.logger ?? SILENT,
  })
}

function isBackoff(value: unknown): value is readonly number[] {
  return (
    Array.isArray(value) && value.length > 0 && value.every((wait) => Number.isSafeInteger(wait) && wait >= 0)
  )
}

function positive(
  name: string,
  value: number | undefined,
  fallback: number,
  most: number = Number.MAX_SAFE_INTEGER,
): number {
  if (value === undefined) return fallback
  if (!Number.isSafeInteger(value) || value < 1 || value > most) {
    const range = most === Number.MAX_SAFE_INTEGER ? 'of at least 1' : `from 1 to ${most}`
    throw new TypeError(`"${name}" option must be a whole number ${range}`)
  }
  return value
}
