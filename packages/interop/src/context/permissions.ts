import type { Restriction } from '@portcullis/visibility'
import { InteropError } from '../errors.ts'
import type { Identity } from '../protocol/message.ts'
import type { Context } from './context.ts'

/** Who asks. Without an identity when none is needed to decide. */
export interface Actor {
  readonly id: string
  readonly identity?: Identity | undefined
}

/** The creator always; others when the write permissions hold. */
export function canWrite(context: Context, { id, identity }: Actor): boolean {
  return id === context.creatorId || holds(context, context.write, identity)
}

/** The creator always; others when the read permissions hold, or write permissions that were given. */
export function canRead(context: Context, { id, identity }: Actor): boolean {
  if (id === context.creatorId || holds(context, context.read, identity)) return true
  return !context.write.unrestricted && holds(context, context.write, identity)
}

/** @throws InteropError `ERR_INTEROP_NOT_AUTHORIZED` */
export function checkRead(context: Context, actor: Actor): void {
  if (!canRead(context, actor)) throw notAuthorized('read')
}

/** @throws InteropError `ERR_INTEROP_NOT_AUTHORIZED` */
export function checkUpdate(context: Context, actor: Actor): void {
  if (!canWrite(context, actor)) throw notAuthorized('update')
}

/** Of an `ownership` context its owner alone. @throws InteropError `ERR_INTEROP_NOT_AUTHORIZED` */
export function checkDestroy(context: Context, actor: Actor): void {
  const allowed = context.lifetime === 'ownership' ? actor.id === context.creatorId : canWrite(context, actor)
  if (!allowed) throw notAuthorized('destroy')
}

/** The peer as the ordering node needs to know it: what no permission asks for stays here. */
export function actorFor(context: Context, { id, identity }: Actor): Actor {
  const { write, creatorId } = context
  if (write.unrestricted || id === creatorId || identity === undefined) return { id }
  return { id, identity: askedFor(identity, write) }
}

/** Of an identity what the permissions ask for, of one side or the other: no more of it leaves the node. */
export function askedFor(identity: Identity, ...permissions: readonly Restriction[]): Identity {
  const needed = Object.create(null) as Record<string, unknown>
  for (const { text } of permissions) {
    for (const [, name = ''] of text.matchAll(/[#$]([A-Za-z]+)/g)) {
      if (Object.hasOwn(identity, name)) needed[name] = identity[name]
    }
  }
  return needed
}

function holds(context: Context, permission: Restriction, identity: Identity | undefined): boolean {
  if (permission.unrestricted) return true
  return identity !== undefined && permission.test(context.creatorIdentity, identity)
}

function notAuthorized(what: 'read' | 'update' | 'destroy'): InteropError {
  return new InteropError('ERR_INTEROP_NOT_AUTHORIZED', `Not authorized to ${what} context`)
}
