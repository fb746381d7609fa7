import { DrizzleQueryError } from 'drizzle-orm'
import { RegistryError } from '../errors.ts'

/** What says nothing about a statement: connections, logins, shutdowns, resources, time limits, locks, conflicts, a replica. */
const UNAVAILABLE_STATE = /^(08|28|3D|40|53|57|58|XX|25006|25P0[34]|55P03)/

/** None begins with E, as `EPIPE` does, which is no state. */
const SQL_STATE = /^[0-9A-DF-Z][0-9A-Z]{4}$/

/** What every statement of a store goes through. */
export type Ask = <T>(statement: () => PromiseLike<T>) => Promise<T>

/**
 * Runs statements. An outage becomes `ERR_REGISTRY_UNAVAILABLE`; a statement that PostgreSQL refuses is an `Error` with its
 * SQLSTATE. Neither carries what the statement was given, which is what tenants configured: Drizzle's error has the
 * parameters, PostgreSQL's detail has the row.
 */
export async function askDatabase<T>(ask: () => PromiseLike<T>): Promise<T> {
  try {
    return await ask()
  } catch (error) {
    throw translate(error)
  }
}

function translate(error: unknown): unknown {
  const isOfDriver = error instanceof DrizzleQueryError
  const cause = isOfDriver ? error.cause : error
  const code = codeOf(cause)
  if (code !== undefined && SQL_STATE.test(code)) {
    const summary = `PostgreSQL ${code}: ${messageOf(cause)}`
    return UNAVAILABLE_STATE.test(code) ? unavailable(summary) : new Error(`the registry's ${summary}`)
  }
  // Without a state it never came back from PostgreSQL. A mistake in this code is no outage, though.
  if (cause instanceof TypeError || cause instanceof RegistryError) return cause
  if (!isOfDriver && code === undefined && !isConnectionFailure(cause)) return cause
  return unavailable(code === undefined ? messageOf(cause) : `${code}: ${messageOf(cause)}`)
}

/** Of a transaction that could not begin: drivers throw theirs unwrapped. */
function isConnectionFailure(error: unknown): boolean {
  return /connect|terminat|timeout|timed out|closed|ended|end on the pool/i.test(messageOf(error))
}

function unavailable(reason: string): RegistryError {
  return new RegistryError('ERR_REGISTRY_UNAVAILABLE', 'the database cannot be asked', {
    cause: new Error(reason),
  })
}

function codeOf(error: unknown): string | undefined {
  const code = (error as { code?: unknown } | null | undefined)?.code
  return typeof code === 'string' ? code : undefined
}

function messageOf(error: unknown): string {
  return error instanceof Error ? error.message : 'it failed without an error'
}
