export { controlApi } from './control-api.ts'
export {
  CONTROL_API_ERRORS,
  ControlApiError,
  type ControlApiErrorCode,
  type ControlApiErrorOptions,
} from './errors.ts'
export type { RouteRole } from './operation/operation.ts'
export type { ControlApiOptions, ControlApiRateLimits, OidcLoginOptions, RateLimit } from './options.ts'
export type { Problem, ProblemIssue } from './problem/problem-schema.ts'
export { sendProblem } from './problem/send-problem.ts'
