import { randomBytes } from 'node:crypto'
import { FleetError } from '../errors.ts'
import { publish } from '../internal/publish.ts'
import { answerWith, described, invalidQuestion } from '../question/answer-with.ts'
import { QUESTIONS } from '../question/question-schemas.ts'
import type { FleetQuestion, FleetQuestions } from '../question/questions.ts'
import { encodeFrame, MAX_FRAME_BYTES } from '../wire/frame.ts'
import type { AnswerFrame } from '../wire/question.ts'
import { askSubject } from '../wire/subjects.ts'
import type { ViewSettings } from './settings.ts'

interface Pending {
  readonly gatewayId: string
  readonly pieces: string[]
  /** Of all pieces; known from the first that comes. */
  parts: number | undefined
  arrived: number
  characters: number
  readonly resolve: (text: string) => void
  readonly reject: (error: FleetError) => void
}

/** Characters of incomplete answers that are kept, all questions together. */
const MAX_WAITING_CHARACTERS = 32 * 1024 * 1024

/** The questions of a view that are under way. */
export class Asker {
  readonly #settings: ViewSettings
  readonly #pending = new Map<string, Pending>()
  #own = 0
  #characters = 0

  constructor(settings: ViewSettings) {
    this.#settings = settings
  }

  get count(): number {
    return this.#pending.size + this.#own
  }

  /** Answers with a function of this process. */
  async answer<Q extends FleetQuestion>(
    question: Q,
    args: FleetQuestions[Q]['question'],
    timeoutMs: number,
  ): Promise<FleetQuestions[Q]['answer']> {
    this.#assertNotBusy()
    this.#own += 1
    const work = answerWith(this.#settings.answers, question, args).finally(() => {
      this.#own -= 1
    })
    let timer: NodeJS.Timeout | undefined
    const late = new Promise<never>((_resolve, reject) => {
      timer = setTimeout(() => reject(timedOut()), timeoutMs)
    })
    try {
      return JSON.parse(await Promise.race([work, late])) as FleetQuestions[Q]['answer']
    } catch (error) {
      const [code, message] = described(error)
      throw FleetError.is(error) ? error : new FleetError(code, message, { cause: error })
    } finally {
      clearTimeout(timer)
      // It may still fail, and nobody waits for it.
      work.catch(() => undefined)
    }
  }

  async ask<Q extends FleetQuestion>(
    gatewayId: string,
    question: Q,
    args: FleetQuestions[Q]['question'],
    timeoutMs: number,
  ): Promise<FleetQuestions[Q]['answer']> {
    const { question: asked, answer } = QUESTIONS[question]
    const checked = asked.safeParse(args)
    if (!checked.success) throw invalidQuestion()
    this.#assertNotBusy()
    const id = randomBytes(16).toString('base64url')
    const { controlPlaneId: from, events } = this.#settings
    const frame = encodeFrame({ from, id, question, args: checked.data, timeoutMs })
    // No gateway would read it.
    if (frame.length > MAX_FRAME_BYTES) throw invalidQuestion()
    const text = await new Promise<string>((resolve, reject) => {
      const timer = setTimeout(() => this.#settle(id, (pending) => pending.reject(timedOut())), timeoutMs)
      this.#pending.set(id, {
        gatewayId,
        pieces: [],
        parts: undefined,
        arrived: 0,
        characters: 0,
        resolve: (value) => {
          clearTimeout(timer)
          resolve(value)
        },
        reject: (error) => {
          clearTimeout(timer)
          reject(error)
        },
      })
      if (publish(events, askSubject(gatewayId), frame) !== 'sent') {
        const error = new FleetError('ERR_FLEET_UNAVAILABLE', 'the engine that carries questions is away')
        this.#settle(id, (pending) => pending.reject(error))
      }
    })
    const given = answer.safeParse(parse(text))
    if (!given.success) {
      throw new FleetError('ERR_FLEET_ANSWER_INVALID', 'the answer is not what the protocol says')
    }
    return given.data
  }

  /** False for an answer that nobody waits for, or that comes from somebody else. */
  receive(frame: AnswerFrame): boolean {
    const pending = this.#pending.get(frame.id)
    if (!pending || pending.gatewayId !== frame.from) return false
    if ('code' in frame) {
      this.#settle(frame.id, () => pending.reject(new FleetError(frame.code, frame.message)))
      return true
    }
    const { part, parts, text } = frame
    pending.parts ??= parts
    if (parts !== pending.parts || part >= parts || pending.pieces[part] !== undefined) return false
    pending.pieces[part] = text
    pending.arrived += 1
    pending.characters += text.length
    this.#characters += text.length
    if (this.#characters > MAX_WAITING_CHARACTERS) {
      const error = new FleetError('ERR_FLEET_ANSWER_TOO_LARGE', 'too much of answers is waited for')
      this.#settle(frame.id, () => pending.reject(error))
    } else if (pending.arrived === parts) {
      this.#settle(frame.id, () => pending.resolve(pending.pieces.join('')))
    }
    return true
  }

  /** The gateway is gone. */
  gone(gatewayId: string): void {
    this.#rejectAll(
      (pending) => pending.gatewayId === gatewayId,
      () => new FleetError('ERR_FLEET_GATEWAY_UNKNOWN', 'the gateway is gone'),
    )
  }

  close(): void {
    this.#rejectAll(
      () => true,
      () => new FleetError('ERR_FLEET_CLOSED', 'the view was closed'),
    )
  }

  #rejectAll(isMeant: (pending: Pending) => boolean, error: () => FleetError): void {
    for (const [id, pending] of [...this.#pending]) {
      if (isMeant(pending)) this.#settle(id, () => pending.reject(error()))
    }
  }

  #settle(id: string, end: (pending: Pending) => void): void {
    const pending = this.#pending.get(id)
    if (!pending) return
    this.#pending.delete(id)
    this.#characters -= pending.characters
    end(pending)
  }

  #assertNotBusy(): void {
    if (this.count < this.#settings.maxQuestions) return
    throw new FleetError('ERR_FLEET_BUSY', 'too many questions are under way')
  }
}

function parse(text: string): unknown {
  try {
    return JSON.parse(text)
  } catch {
    return undefined
  }
}

function timedOut(): FleetError {
  return new FleetError('ERR_FLEET_TIMEOUT', 'the answer did not come in time')
}
