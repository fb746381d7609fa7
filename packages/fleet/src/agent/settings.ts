import { type FleetLogger, silentLogger } from '../events.ts'
import { eventsOption, functionOption, integerOption } from '../internal/settings.ts'
import { isQuestion } from '../question/question-schemas.ts'
import { cutText } from '../session/session-schema.ts'
import { MAX_INTERVAL_MS, MAX_NAME, MAX_VERSION, MIN_INTERVAL_MS } from '../wire/report.ts'
import { fleetId } from '../wire/subjects.ts'
import type { FleetAgentOptions } from './agent.ts'

export type AgentSettings = Readonly<
  Required<{ [K in Exclude<keyof FleetAgentOptions, 'logger'>]: NonNullable<FleetAgentOptions[K]> }>
> & { readonly logger: FleetLogger }

/** @throws TypeError naming the option */
export function agentSettings(options: FleetAgentOptions): AgentSettings {
  const { events, answers = {}, name = '', version = '', logger = silentLogger } = options
  eventsOption(events)
  for (const option of ['sessions', 'counters', 'onChange', 'onGap'] as const) {
    functionOption(option, options[option])
  }
  for (const [question, answer] of Object.entries(answers)) {
    if (answer === undefined) continue
    if (!isQuestion(question)) throw new TypeError('"answers" option must have the names of questions')
    functionOption(`answers.${question}`, answer)
  }
  if (typeof name !== 'string') throw new TypeError('"name" option must be a text')
  if (typeof version !== 'string') throw new TypeError('"version" option must be a text')
  return Object.freeze({
    events,
    answers,
    logger,
    gatewayId: fleetId('gatewayId', options.gatewayId),
    name: cutText(name, MAX_NAME),
    version: cutText(version, MAX_VERSION),
    sessions: () => options.sessions(),
    counters: () => options.counters(),
    onChange: (change) => options.onChange(change),
    onGap: () => options.onGap(),
    reportIntervalMs: integerOption(
      'reportIntervalMs',
      options.reportIntervalMs,
      1000,
      MIN_INTERVAL_MS,
      MAX_INTERVAL_MS,
    ),
    startWaitMs: integerOption('startWaitMs', options.startWaitMs, 1000, 0, 60_000),
    maxQuestions: integerOption('maxQuestions', options.maxQuestions, 32, 1, 10_000),
  })
}
