import { z } from 'zod'
import { sessionIdSchema } from '../session/session-schema.ts'
import { count, id, instant, text } from '../wire/schemas.ts'
import type { FleetQuestion, FleetQuestions } from './questions.ts'

/** Most items of a page. */
export const MAX_PAGE = 500

const cursor = text(2048)
const paged = { after: cursor.optional(), limit: z.int().min(1).max(MAX_PAGE).optional() }
const page = <Item extends z.ZodType>(item: Item) =>
  z.object({ items: z.array(item).max(MAX_PAGE), next: cursor.nullable() })

const deadLetter = {
  id: text(64),
  workspaceId: id,
  projectId: id,
  actor: text(256),
  actorId: text(1024).nullable(),
  sessionId: text(1024).nullable(),
  userId: text(512).nullable(),
  reason: z.object({ code: text(256), message: text(4096) }),
  attempts: count,
  failedAtMs: instant,
  payloadBytes: count,
  isWhole: z.boolean(),
}
const oneDeadLetter = z.object({ workspaceId: id, projectId: id.optional(), id: text(64) })

const visibility = z.enum(['local', 'cluster'])
const label = text(1024)
const maybe = label.nullable()
const peer = z.object({
  id: label,
  nodeId: label,
  local: z.boolean(),
  user: maybe,
  application: maybe,
  instance: maybe,
  service: z.boolean(),
  domains: z.array(z.object({ domain: label, visibility })).max(16),
  methods: count,
})
const method = z.object({
  id: z.union([z.number(), label]),
  name: label,
  stream: z.boolean(),
  restricted: z.boolean(),
  visibility,
  peerId: label,
  nodeId: label,
  user: maybe,
  application: maybe,
})
const context = z.object({
  id: label,
  name: label,
  user: maybe,
  lifetime: label,
  visibility,
  hidden: z.boolean(),
  creatorId: label,
  nodeId: label,
  bytes: count,
  members: count,
})
const rule = z.object({
  context: text(4096).optional(),
  method: text(4096).optional(),
  domain: text(64).optional(),
  restrictions: visibility,
  identity: z.record(text(1024), text(4096)).optional(),
})
const rules = z.array(rule).max(100_000)

export interface QuestionSchemas<Q extends FleetQuestion> {
  readonly question: z.ZodType<FleetQuestions[Q]['question']>
  readonly answer: z.ZodType<FleetQuestions[Q]['answer']>
}

export const QUESTIONS: { readonly [Q in FleetQuestion]: QuestionSchemas<Q> } = {
  'session.close': {
    question: z.object({ sessionId: sessionIdSchema, reason: text(120).optional() }),
    answer: z.object({ closed: z.boolean() }),
  },
  'dead-letters.list': {
    question: z.object({ ...paged, workspaceId: id, projectId: id.optional() }),
    answer: page(z.object(deadLetter)),
  },
  'dead-letters.get': {
    question: oneDeadLetter,
    answer: z.object({ item: z.object({ ...deadLetter, message: z.unknown() }).nullable() }),
  },
  'dead-letters.replay': {
    question: oneDeadLetter,
    answer: z.object({
      replayed: z.boolean(),
      reason: z.enum(['unknown', 'incomplete']).optional(),
    }),
  },
  'dead-letters.drop': { question: oneDeadLetter, answer: z.object({ dropped: z.boolean() }) },
  'interop.peers': { question: z.object(paged), answer: page(peer) },
  'interop.methods': { question: z.object(paged), answer: page(method) },
  'interop.contexts': { question: z.object(paged), answer: page(context) },
  'visibility.rules': {
    question: z.object({}) as z.ZodType<Record<string, never>>,
    answer: z.object({ contexts: rules, methods: rules, peers: rules, default: visibility }),
  },
  'visibility.explain': {
    question: z.object({
      kind: z.enum(['context', 'method', 'peer']),
      name: text(4096),
      identity: z.record(text(256), z.union([text(4096), z.number()])),
    }),
    answer: z.object({
      decision: visibility,
      rule: count.nullable(),
      because: z.enum(['rule', 'default', 'too-long']),
      path: maybe,
      next: maybe,
      misses: z.array(z.object({ path: label, why: text(4096) })).max(1000),
      text: text(16_384),
    }),
  },
}

export function isQuestion(name: string): name is FleetQuestion {
  return Object.hasOwn(QUESTIONS, name)
}
