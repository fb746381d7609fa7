import { TransportError } from '@portcullis/transport'
import { FleetError, type FleetErrorCode } from '../errors.ts'
import { QUESTIONS } from './question-schemas.ts'
import type { FleetAnswers, FleetQuestion } from './questions.ts'

/**
 * The JSON of an answer, checked on its way in and out.
 *
 * @throws FleetError, or what the function that answers throws
 */
export async function answerWith<Q extends FleetQuestion>(
  answers: FleetAnswers,
  question: Q,
  args: unknown,
): Promise<string> {
  const answer = answers[question]
  if (!answer) throw unknownQuestion()
  const schemas = QUESTIONS[question]
  const asked = schemas.question.safeParse(args)
  if (!asked.success) throw invalidQuestion()
  const given = schemas.answer.safeParse(await answer(asked.data))
  if (!given.success) {
    throw new FleetError('ERR_FLEET_ANSWER_INVALID', 'the answer is not what the protocol says')
  }
  return JSON.stringify(given.data)
}

export function unknownQuestion(): FleetError {
  return new FleetError('ERR_FLEET_QUESTION_UNKNOWN', 'this question is not answered here')
}

export function invalidQuestion(): FleetError {
  return new FleetError('ERR_FLEET_QUESTION_INVALID', 'the question is not what the protocol says')
}

const NAMES_OPTION = /^"\w+" /

/** What the other side is told. Nothing that only the logs should have. */
export function described(error: unknown): [code: FleetErrorCode, message: string] {
  if (FleetError.is(error)) return [error.code, error.message]
  // A mistake of whoever asks, such as a cursor that no page ended with; other ones are the gateway's.
  if (error instanceof TypeError && NAMES_OPTION.test(error.message)) {
    return ['ERR_FLEET_QUESTION_INVALID', error.message]
  }
  if (TransportError.is(error) && error.retryable) return ['ERR_FLEET_UNAVAILABLE', 'the engine is away']
  return ['ERR_FLEET_ANSWER_FAILED', 'what answers failed']
}
