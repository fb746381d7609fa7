import { randomBytes } from 'node:crypto'
import { type FleetLogger, silentLogger } from '../events.ts'
import { eventsOption, functionOption, integerOption } from '../internal/settings.ts'
import { isQuestion } from '../question/question-schemas.ts'
import { MAX_ASK_MS } from '../wire/question.ts'
import type { FleetViewOptions } from './view.ts'

export type ViewSettings = Readonly<
  Required<{
    [K in Exclude<keyof FleetViewOptions, 'logger' | 'changes'>]: NonNullable<FleetViewOptions[K]>
  }>
> & {
  readonly changes: FleetViewOptions['changes']
  readonly logger: FleetLogger
  readonly controlPlaneId: string
}

/** @throws TypeError naming the option */
export function viewSettings(options: FleetViewOptions): ViewSettings {
  const { events, changes, answers = {}, logger = silentLogger } = options
  eventsOption(events)
  if (changes !== undefined) {
    functionOption('changes.latest', changes?.latest)
    functionOption('changes.since', changes?.since)
  }
  for (const [question, answer] of Object.entries(answers)) {
    if (answer === undefined) continue
    if (!isQuestion(question)) throw new TypeError('"answers" option must have the names of questions')
    functionOption(`answers.${question}`, answer)
  }
  return Object.freeze({
    events,
    changes,
    answers,
    logger,
    controlPlaneId: `cp-${randomBytes(12).toString('base64url')}`,
    maxSessions: integerOption('maxSessions', options.maxSessions, 100_000, 1, 10_000_000),
    maxGateways: integerOption('maxGateways', options.maxGateways, 256, 1, 10_000),
    maxProjects: integerOption('maxProjects', options.maxProjects, 20_000, 1, 10_000_000),
    maxSeries: integerOption('maxSeries', options.maxSeries, 1000, 1, 1_000_000),
    pointMs: integerOption('pointMs', options.pointMs, 5000, 100, 60_000),
    heartbeatMs: integerOption('heartbeatMs', options.heartbeatMs, 1000, 100, 60_000),
    maxQuestions: integerOption('maxQuestions', options.maxQuestions, 256, 1, 100_000),
    askTimeoutMs: integerOption('askTimeoutMs', options.askTimeoutMs, 5000, 1, MAX_ASK_MS),
  })
}
