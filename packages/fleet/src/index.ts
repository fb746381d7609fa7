export type { FleetAgent, FleetAgentOptions, FleetAgentStats } from './agent/agent.ts'
export { createFleetAgent } from './agent/create-agent.ts'
export type { FleetChange, FleetChangeKind, FleetChangeLog } from './change/fleet-change.ts'
export {
  type FleetLatency,
  type FleetProjectCounters,
  LATENCY_BUCKETS_MS,
} from './counters/fleet-counters.ts'
export { FLEET_ERRORS, FleetError, type FleetErrorCode } from './errors.ts'
export type { FleetEvents, FleetLogger } from './events.ts'
export { deadLetterAnswers } from './question/dead-letter-answers.ts'
export type {
  DeadLetterDetail,
  DeadLetterRequest,
  DeadLetterSummary,
  FleetAnswers,
  FleetPage,
  FleetPageRequest,
  FleetQuestion,
  FleetQuestions,
  InteropContext,
  InteropMethod,
  InteropPeer,
  VisibilityQuestion,
  VisibilityRulesView,
  VisibilityRuleView,
  VisibilityVerdict,
} from './question/questions.ts'
export type { FleetSession } from './session/fleet-session.ts'
export { createFleetView } from './view/create-view.ts'
export type {
  AskOptions,
  FleetGateway,
  FleetPoint,
  FleetSeriesQuery,
  FleetSessionQuery,
  FleetView,
  FleetViewOptions,
  FleetViewSession,
  FleetViewStats,
} from './view/view.ts'
