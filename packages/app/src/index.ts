export { EnvironmentError, type VariableProblem } from './environment/environment-error.ts'
export {
  DEVELOPMENT_INTERNAL_TOKEN,
  internalToken,
  internalTokenProblem,
  internalTokens,
} from './environment/internal-token.ts'
export { parseEnvironment, type EnvironmentVariables } from './environment/parse-environment.ts'
export { readEnvironment } from './environment/read-environment.ts'
export {
  booleanFlag,
  commaList,
  defaultHost,
  httpUrl,
  LOG_LEVELS,
  logLevel,
  nodeEnv,
  port,
  type LogLevel,
  type NodeEnv,
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
