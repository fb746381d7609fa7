export { CLI_ERRORS, CliError, EXIT_CODES, type CliErrorCode, type ServerRefusal } from './errors.ts'
export type { EnvironmentVariables, RunIo } from './invocation.ts'
export { run } from './run.ts'
