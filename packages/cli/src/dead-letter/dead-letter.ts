import { z } from 'zod'

/** A message that workers could not handle, as the API shows it. */
export interface DeadLetter {
  readonly id: string
  readonly projectId?: string | null | undefined
  readonly actor?: string | null | undefined
  readonly actorId?: string | null | undefined
  readonly sessionId?: string | null | undefined
  readonly userId?: string | null | undefined
  /** Why the worker gave up. */
  readonly reason?: { readonly code: string; readonly message: string } | undefined
  readonly attempts?: number | null | undefined
  readonly failedAt?: string | null | undefined
  /** Whether all of it was kept: only then it can be replayed. */
  readonly isWhole?: boolean | undefined
  readonly message?: unknown
}

/** Reads a {@link DeadLetter}; what else there is stays with it. */
export const deadLetterSchema: z.ZodType<DeadLetter> = z.looseObject({
  id: z.string(),
  projectId: z.string().nullish(),
  actor: z.string().nullish(),
  actorId: z.string().nullish(),
  sessionId: z.string().nullish(),
  userId: z.string().nullish(),
  reason: z.looseObject({ code: z.string(), message: z.string() }).optional(),
  attempts: z.number().nullish(),
  failedAt: z.string().nullish(),
  isWhole: z.boolean().optional(),
  message: z.unknown().optional(),
})

/** A dead letter as names and values. */
export function describeDeadLetter(letter: DeadLetter): (readonly [name: string, value: string])[] {
  const fields: (readonly [string, string | number | null | undefined])[] = [
    ['id', letter.id],
    ['project', letter.projectId],
    ['actor', actorOf(letter)],
    ['session', letter.sessionId],
    ['user', letter.userId],
    ['reason', letter.reason && reasonOf(letter)],
    ['attempts', letter.attempts],
    ['failed', letter.failedAt],
    ['replay', letter.isWhole === false ? 'impossible: only a part of the message was kept' : undefined],
  ]
  return [
    ...fields.flatMap(([name, value]) =>
      value === null || value === undefined ? [] : [[name, String(value)] as const],
    ),
    ...(letter.message === undefined ? [] : [['message', JSON.stringify(letter.message)] as const]),
  ]
}

/** Why the worker gave up, with its code. */
export function reasonOf({ reason }: DeadLetter): string {
  return reason === undefined ? '' : `${reason.message} (${reason.code})`
}

/** Which actor it was for. */
export function actorOf({ actor, actorId }: DeadLetter): string {
  return [actor, actorId].filter((part) => part !== null && part !== undefined).join('/')
}
