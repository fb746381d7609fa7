import { createHash } from 'node:crypto'
import { MAX_SECRET_BYTES } from '@portcullis/auth-core/hashing'
import type { ClientRecord } from '../client/client-record.ts'
import { getClient } from '../client/get-client.ts'
import { subjectOf, verifyAssertion } from '../client/verify-assertion.ts'
import { GatewayAuthError } from '../errors.ts'
import type { ServiceContext } from './service-context.ts'
import type { ClientCredentials } from './service-types.ts'

const CLIENT_ID = /^c_[0-9a-f]{32}$/

/** All ids share 16384 counters. */
const SHARED_COUNTER_BITS = 14

/**
 * The record of the client that shows these credentials. In order: form, client, failures so far, credentials, disabled.
 *
 * Nothing but the right credentials tells whether there is such a client: for a secret the work is the same whether the
 * client exists, is disabled, is locked out, or has another one, and what is answered goes by a counter of which every id
 * has a share. A client is locked out by a counter of its own, which strangers with other ids cannot reach.
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
  const { maxFailures, failureWindowMs } = settings
  const client = await getClient(store, clientId)
  const keys = failureKeys(clientId)
  const failures = await store.peek(client === null ? keys.shared : keys.own)
  const isLockedOut = client !== null && failures !== null && failures.count >= maxFailures
  const isRight =
    'clientAssertion' in credentials
      ? client !== null && (await verifyAssertion(store, client, credentials.clientAssertion, settings))
      : await hasher.verify(credentials.clientSecret, client?.secretHash ?? null)
  if (isRight && !isLockedOut && client?.disabledAt === null) return client
  const [shared] = await Promise.all([
    store.hit(keys.shared, failureWindowMs),
    // As much work for ids that strangers invent, which must not fill the store with counters of their own.
    client === null ? store.peek(keys.shared) : store.hit(keys.own, failureWindowMs),
  ])
  const areTooMany = shared.count > maxFailures
  emit({
    type: 'authentication_failed',
    clientId: CLIENT_ID.test(clientId) ? clientId : null,
    method,
    reason: isLockedOut || areTooMany ? 'too_many_failures' : isRight ? 'disabled' : 'credentials',
  })
  throw areTooMany ? tooManyFailures(shared.resetsAt) : clientInvalid()
}

/** Digests, because whatever was sent as id may be anything, a secret for one. */
function failureKeys(clientId: string): { own: string; shared: string } {
  const digest = createHash('sha256').update(clientId).digest()
  return {
    own: `auth-failures:${digest.toString('base64url')}`,
    shared: `auth-failures:shared:${digest.readUInt16BE() >> (16 - SHARED_COUNTER_BITS)}`,
  }
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
