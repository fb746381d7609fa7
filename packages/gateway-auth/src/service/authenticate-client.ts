import { createHash } from 'node:crypto'
import { MAX_SECRET_BYTES } from '@portcullis/auth-core/hashing'
import type { ClientRecord } from '../client/client-record.ts'
import { getClient } from '../client/get-client.ts'
import { subjectOf, verifyAssertion } from '../client/verify-assertion.ts'
import { GatewayAuthError } from '../errors.ts'
import type { ServiceContext } from './service-context.ts'
import type { ClientCredentials } from './service-types.ts'

const CLIENT_ID = /^c_[0-9a-f]{32}$/

/** Unknown ids share this many counters: strangers must not fill the store with counters of their own invention. */
const UNKNOWN_CLIENT_BITS = 14

/**
 * The record of the client that shows these credentials. In order: form, client, failures so far, credentials, disabled.
 * For a secret the work is the same whether the client exists, is disabled, or has another one.
 *
 * @throws as `AuthService.authenticateClient`
 */
export async function authenticate(
  context: ServiceContext,
  credentials: ClientCredentials,
): Promise<ClientRecord> {
  const method = 'clientAssertion' in credentials ? 'assertion' : 'secret'
  const clientId = claimedId(credentials)
  const { store, hasher, settings, emit } = context
  const shownId = CLIENT_ID.test(clientId) ? clientId : null
  const client = await getClient(store, clientId)
  const key = failuresKey(clientId, client !== null)
  const failures = await store.peek(key)
  if (failures !== null && failures.count >= settings.maxFailures) {
    emit({ type: 'authentication_failed', clientId: shownId, method, reason: 'too_many_failures' })
    throw tooManyFailures(failures.resetsAt)
  }
  const isRight =
    'clientAssertion' in credentials
      ? client !== null && (await verifyAssertion(store, client, credentials.clientAssertion, settings))
      : await hasher.verify(credentials.clientSecret, client?.secretHash ?? null)
  if (isRight && client?.disabledAt === null) return client
  await store.hit(key, settings.failureWindowMs)
  const reason = isRight ? 'disabled' : 'credentials'
  emit({ type: 'authentication_failed', clientId: shownId, method, reason })
  throw clientInvalid()
}

/** A digest, because whatever was sent as id may be anything, a secret for one. */
function failuresKey(clientId: string, isKnown: boolean): string {
  const digest = createHash('sha256').update(clientId).digest()
  if (isKnown) return `auth-failures:${digest.toString('base64url')}`
  return `auth-failures:unknown:${digest.readUInt16BE() >> (16 - UNKNOWN_CLIENT_BITS)}`
}

/** One answer for everything that is wrong with a client. */
export function clientInvalid(): GatewayAuthError {
  return new GatewayAuthError('ERR_CLIENT_INVALID', 'client authentication failed')
}

function claimedId(credentials: ClientCredentials): string {
  if ('clientAssertion' in credentials) {
    const { clientAssertion, clientId } = credentials
    if (typeof clientAssertion !== 'string') throw invalid('the client assertion must be text')
    const subject = subjectOf(clientAssertion)
    if (subject === null || subject.length > 256 || (clientId !== undefined && clientId !== subject)) {
      throw clientInvalid()
    }
    return subject
  }
  const { clientId, clientSecret } = credentials
  if (typeof clientId !== 'string' || clientId === '' || clientId.length > 256) {
    throw invalid('the client id must be 1 to 256 characters')
  }
  assertSecret(clientSecret)
  return clientId
}

/** Refused before anything is asked: bcrypt reads 72 bytes, and a longer secret would be one with many others. */
function assertSecret(secret: unknown): void {
  if (typeof secret !== 'string' || secret === '' || secret.includes('\0') || !secret.isWellFormed()) {
    throw invalid('the client secret must be well-formed text')
  }
  if (secret.length > MAX_SECRET_BYTES || Buffer.byteLength(secret) > MAX_SECRET_BYTES) {
    throw invalid(`the client secret must not be longer than ${MAX_SECRET_BYTES} bytes`)
  }
}

function invalid(message: string): GatewayAuthError {
  return new GatewayAuthError('ERR_REQUEST_INVALID', message)
}

function tooManyFailures(resetsAt: number): GatewayAuthError {
  return new GatewayAuthError('ERR_TOO_MANY_FAILURES', 'too many failed authentications', {
    retryAfterSeconds: Math.max(1, Math.ceil((resetsAt - Date.now()) / 1000)),
  })
}
