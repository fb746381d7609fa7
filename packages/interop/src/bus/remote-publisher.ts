import { compileRestriction, type Restriction } from '@portcullis/visibility'
import type { Peer } from '../peers/peer.ts'
import { isJsonObject } from '../protocol/parse.ts'
import type { Identity, JsonObject } from '../protocol/message.ts'

/** Who published, as other nodes are told. */
export interface RemotePublisher {
  readonly user: string | undefined
  readonly service: boolean
  readonly identity: Identity
  readonly restriction: Restriction | undefined
}

/** What another node is told about a publisher. JSON. */
export function describePublisher(
  { user, service, identity }: Peer,
  restriction: Restriction | undefined,
): JsonObject {
  return {
    identity,
    ...(user === undefined ? {} : { user }),
    ...(service ? { service } : {}),
    ...(restriction === undefined || restriction.unrestricted ? {} : { restrictions: restriction.text }),
  }
}

/** Undefined for anything that is no description, or whose restriction this node cannot read: nobody may hear it then. */
export function readPublisher(
  value: unknown,
  restrictionOf: (text: string) => Restriction | undefined,
): RemotePublisher | undefined {
  if (!isJsonObject(value)) return undefined
  const { identity, user, service = false, restrictions } = value
  if (!isJsonObject(identity) || typeof service !== 'boolean') return undefined
  if (user !== undefined && typeof user !== 'string') return undefined
  if (restrictions === undefined) return { user, service, identity, restriction: undefined }
  const restriction = typeof restrictions === 'string' ? restrictionOf(restrictions) : undefined
  return restriction && { user, service, identity, restriction }
}

const MAX_COMPILED = 256

/** Compiles the restrictions of publishers on other nodes, and remembers the last few hundred. */
export function createRestrictionCache(): (text: string) => Restriction | undefined {
  const compiled = new Map<string, Restriction>()
  return (text) => {
    const known = compiled.get(text)
    if (known !== undefined) return known
    const restriction = compile(text)
    if (restriction === undefined) return undefined
    const oldest = compiled.size < MAX_COMPILED ? undefined : compiled.keys().next().value
    if (oldest !== undefined) compiled.delete(oldest)
    compiled.set(text, restriction)
    return restriction
  }
}

function compile(text: string): Restriction | undefined {
  try {
    return compileRestriction(text)
  } catch {
    return undefined
  }
}
