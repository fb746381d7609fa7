import type { FleetErrorCode } from '../errors.ts'
import { publish, type Published } from '../internal/publish.ts'
import { answerWith, described, unknownQuestion } from '../question/answer-with.ts'
import { isQuestion } from '../question/question-schemas.ts'
import { encodeFrame } from '../wire/frame.ts'
import { type AskFrame, MAX_PARTS, PART_CHARACTERS } from '../wire/question.ts'
import { answerSubject } from '../wire/subjects.ts'
import type { AgentSettings } from './settings.ts'

/** Ids of questions remembered, so that one that comes twice is answered once: a replay is not harmless. */
const MAX_REMEMBERED = 4096

/** Answers the questions of control planes, a bounded number at a time. */
export class Answerer {
  readonly #settings: AgentSettings
  readonly #seen = new Set<string>()
  #isOpen = true
  #count = 0

  constructor(settings: AgentSettings) {
    this.#settings = settings
  }

  get count(): number {
    return this.#count
  }

  close(): void {
    this.#isOpen = false
  }

  async receive(frame: AskFrame): Promise<void> {
    if (this.#seen.has(frame.id)) return
    this.#seen.add(frame.id)
    if (this.#seen.size > MAX_REMEMBERED) this.#seen.delete(this.#seen.values().next().value ?? '')
    if (this.#count >= this.#settings.maxQuestions) {
      this.#refuse(frame, 'ERR_FLEET_BUSY', 'the gateway has too many questions under way')
      return
    }
    this.#count += 1
    const askedAt = performance.now()
    const isLate = (): boolean => !this.#isOpen || performance.now() - askedAt > frame.timeoutMs
    try {
      const text = await this.#answer(frame)
      if (!isLate()) this.#tell(frame, text)
    } catch (error) {
      const [code, message] = described(error)
      if (code === 'ERR_FLEET_ANSWER_FAILED') {
        this.#settings.logger.error(
          { err: error, question: frame.question },
          'a question could not be answered',
        )
      }
      if (!isLate()) this.#refuse(frame, code, message)
    } finally {
      this.#count -= 1
    }
  }

  async #answer({ question, args }: AskFrame): Promise<string> {
    if (!isQuestion(question)) throw unknownQuestion()
    return answerWith(this.#settings.answers, question, args)
  }

  #tell(frame: AskFrame, text: string): void {
    const parts = Math.ceil(text.length / PART_CHARACTERS)
    if (parts > MAX_PARTS) {
      this.#refuse(frame, 'ERR_FLEET_ANSWER_TOO_LARGE', 'the answer is too large to be told')
      return
    }
    for (let part = 0; part < parts; part += 1) {
      const piece = text.slice(part * PART_CHARACTERS, (part + 1) * PART_CHARACTERS)
      if (this.#send(frame, { part, parts, text: piece }) !== 'large') continue
      this.#refuse(frame, 'ERR_FLEET_ANSWER_TOO_LARGE', 'the engine takes smaller answers only')
      return
    }
  }

  #refuse(frame: AskFrame, code: FleetErrorCode, message: string): void {
    this.#send(frame, { code, message: message.slice(0, 256) })
  }

  #send(frame: AskFrame, answer: object): Published {
    const { events, gatewayId } = this.#settings
    return publish(
      events,
      answerSubject(frame.from),
      encodeFrame({ from: gatewayId, id: frame.id, ...answer }),
    )
  }
}
