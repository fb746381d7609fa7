import { z } from 'zod'
import { FLEET_ERRORS, type FleetErrorCode } from '../errors.ts'
import { id, text, version } from './schemas.ts'

export const MAX_ASK_MS = 60_000

export interface AskFrame {
  /** The control plane that waits. */
  from: string
  id: string
  question: string
  args: unknown
  /** How long it waits. */
  timeoutMs: number
}

export const askFrameSchema: z.ZodType<AskFrame> = z.object({
  v: version,
  from: id,
  id,
  question: text(64),
  args: z.unknown(),
  timeoutMs: z.int().positive().max(MAX_ASK_MS),
})

/** Characters of an answer's JSON in one frame: three bytes each at most, when they stand in another JSON. */
export const PART_CHARACTERS = 60_000
export const MAX_PARTS = 64

/** A piece of the JSON of an answer, or why there is none. */
export type AnswerFrame = { from: string; id: string } & (
  | { part: number; parts: number; text: string }
  | { code: FleetErrorCode; message: string }
)

export const answerFrameSchema: z.ZodType<AnswerFrame> = z.union([
  z.object({
    v: version,
    from: id,
    id,
    part: z.int().nonnegative(),
    parts: z.int().positive().max(MAX_PARTS),
    text: text(PART_CHARACTERS),
  }),
  z.object({
    v: version,
    from: id,
    id,
    code: z.enum(Object.keys(FLEET_ERRORS) as [FleetErrorCode, ...FleetErrorCode[]]),
    message: text(256),
  }),
])
