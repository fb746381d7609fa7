import {
  type DeadLetters,
  type DeadLetterScope,
  decodeInboundEnvelope,
  decodeToken,
  type InboundEnvelope,
  type StoredDeadLetter,
  TransportError,
} from '@portcullis/transport'
import { instantMs } from '../session/session-schema.ts'
import type { DeadLetterDetail, DeadLetterRequest, DeadLetterSummary, FleetAnswers } from './questions.ts'

export type DeadLetterAnswers = Pick<
  FleetAnswers,
  'dead-letters.list' | 'dead-letters.get' | 'dead-letters.replay' | 'dead-letters.drop'
>

const DEFAULT_LIMIT = 50
/** That of the transport. */
const MAX_LIMIT = 200

/** The four answers about dead letters, out of `deadLetters` of a transport or of `createNatsEvents`. */
export function deadLetterAnswers(deadLetters: DeadLetters): DeadLetterAnswers {
  return {
    'dead-letters.list': async ({ after, limit = DEFAULT_LIMIT, ...scope }) => {
      const { items, next } = await deadLetters.list({
        scope: scopeOf(scope),
        after,
        limit: Math.min(limit, MAX_LIMIT),
      })
      return { items: items.map((item) => summary(item, envelopeOf(item))), next }
    },
    'dead-letters.get': async (request) => {
      const item = await deadLetters.get(request.id, scopeOf(request))
      return { item: item && detail(item) }
    },
    'dead-letters.replay': async (request) => {
      try {
        const receipt = await deadLetters.replay(request.id, scopeOf(request))
        return receipt ? { replayed: true } : { replayed: false, reason: 'unknown' }
      } catch (error) {
        if (TransportError.is(error) && error.code === 'ERR_TRANSPORT_DEAD_LETTER_INCOMPLETE') {
          return { replayed: false, reason: 'incomplete' }
        }
        throw error
      }
    },
    'dead-letters.drop': async (request) => ({
      dropped: await deadLetters.drop(request.id, scopeOf(request)),
    }),
  }
}

function scopeOf({ workspaceId, projectId }: Omit<DeadLetterRequest, 'id'>): DeadLetterScope {
  return { workspaceId, projectId }
}

function summary({ id, letter }: StoredDeadLetter, envelope: InboundEnvelope | undefined): DeadLetterSummary {
  const { scope, actor, subject, reason, attempts, parkedAt, payload, payloadBytes } = letter
  const actorId = subject.split('.')[4]
  return {
    id,
    workspaceId: scope.workspaceId,
    projectId: scope.projectId,
    actor: actor.slice(0, 256),
    actorId: actorId === undefined ? null : decodeToken(actorId).slice(0, 1024),
    sessionId: envelope?.sessionId.slice(0, 1024) ?? null,
    userId: envelope?.userId?.slice(0, 512) ?? null,
    reason: { code: reason.code.slice(0, 256), message: reason.message.slice(0, 4096) },
    attempts,
    failedAtMs: instantMs(parkedAt),
    payloadBytes: payloadBytes ?? Buffer.byteLength(payload, 'base64'),
    isWhole: payloadBytes === undefined,
  }
}

function detail(item: StoredDeadLetter): DeadLetterDetail {
  const envelope = envelopeOf(item)
  return { ...summary(item, envelope), message: envelope?.message ?? null }
}

/** They may not be readable, which can be why they are here. */
function envelopeOf({ letter }: StoredDeadLetter): InboundEnvelope | undefined {
  try {
    return decodeInboundEnvelope(Buffer.from(letter.payload, 'base64'))
  } catch {
    return undefined
  }
}
