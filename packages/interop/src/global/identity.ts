import type { AuthenticationSuccess } from '@portcullis/auth-core'
import { InteropError } from '../errors.ts'
import type { Identity, JsonObject } from '../protocol/message.ts'
import { isJsonObject } from '../protocol/parse.ts'

/** The identity of a hello. @throws InteropError `ERR_INTEROP_BAD_IDENTITY` */
export function readIdentity(value: unknown, maxLength: number): JsonObject {
  if (!isJsonObject(value)) throw badIdentity('A hello needs an identity')
  const { application } = value
  if (typeof application !== 'string' || application === '') {
    throw badIdentity('The identity of a hello needs an application')
  }
  if (JSON.stringify(value).length > maxLength) {
    throw badIdentity(`The identity of a hello has at most ${maxLength} characters`)
  }
  return value
}

export interface ResolveIdentityInput {
  /** As the client said. */
  claimed: JsonObject
  success: AuthenticationSuccess
  machine: string
  peerId: string
  /** Makes an instance, for a client that named none. */
  instance(): string
  /** Members that are believed although the credential says nothing about them; true for all. */
  trusted: readonly string[] | true
}

export interface ResolvedIdentity {
  identity: Identity
  /** The part of it that rules may rely on. */
  verified: Identity
}

/** Members of an identity that only the gateway or the credential may say. */
const NEVER_CLAIMED = ['user', 'login', 'machine'] as const

/**
 * What the client said, what the gateway knows better (`machine`), and what the credential says (`user`, `login`, and
 * members it vouches for), which wins. What the client said as exactly `"?"` becomes the peer's id.
 */
export function resolveIdentity(input: ResolveIdentityInput): ResolvedIdentity {
  const { claimed, success, machine, peerId, instance, trusted } = input
  const { user, login, identity: vouched = {} } = success
  const said = Object.entries(claimed)
    .filter(([name]) => !(NEVER_CLAIMED as readonly string[]).includes(name))
    .map(([name, value]): [string, unknown] => [name, value === '?' ? peerId : value])
  const known: [string, unknown][] = [
    ...Object.entries(vouched),
    ['machine', machine],
    ...(typeof user === 'string' ? [['user', user] as [string, unknown]] : []),
    ...(typeof login === 'string' ? [['login', login] as [string, unknown]] : []),
  ]
  const chosen: [string, unknown][] =
    claimed.instance === undefined || claimed.instance === null ? [['instance', instance()]] : []
  const believed = said.filter(([name]) => trusted === true || trusted.includes(name))
  return {
    identity: frozen([['machine', machine], ...said, ...chosen, ...known]),
    verified: frozen([...believed, ...known]),
  }
}

/** Without a prototype, so that no name means something it was not given. The last entry of a name counts. */
function frozen(entries: readonly [string, unknown][]): Identity {
  const identity = Object.create(null) as Record<string, unknown>
  for (const [name, value] of entries) identity[name] = value
  return Object.freeze(identity)
}

function badIdentity(reason: string): InteropError {
  return new InteropError('ERR_INTEROP_BAD_IDENTITY', reason)
}
