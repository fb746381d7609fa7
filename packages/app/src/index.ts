export { EnvironmentError, type VariableProblem } from './environment/environment-error.ts'
export { parseEnvironment, type EnvironmentVariables } from './environment/parse-environment.ts'
export { readEnvironment } from './environment/read-environment.ts'
export {
  booleanFlag,
  commaList,
  httpUrl,
  LOG_LEVELS,
  logLevel,
  port,
  type LogLevel,
} from './environment/variables.ts'
export { describeError, type LoggedError } from './log/describe-error.ts'
export {
  loggerOptions,
  type LoggedRequest,
  type LoggerOptions,
  type RequestToLog,
} from './log/logger-options.ts'
export { runService, type ServiceOptions } from './service/run-service.ts'
export { watchAncestors, type WatchAncestorsOptions } from './service/watch-ancestors.ts'
