import type { Command } from 'commander'
import { timeoutSeconds, wholeNumber } from '../input/parse.ts'

/** Options of commands that print a result. */
export interface OutputOptions {
  readonly json?: boolean | undefined
}

/** Options of commands that ask the control plane. */
export interface ControlPlaneOptions extends OutputOptions {
  readonly url?: string | undefined
  readonly apiKeyFile?: string | undefined
  /** Milliseconds. */
  readonly timeout?: number | undefined
}

/** Options of commands about what belongs to one workspace. */
export interface WorkspaceOptions extends ControlPlaneOptions {
  readonly workspace?: string | undefined
}

/** Options of commands that list. */
export interface ListOptions {
  readonly limit: number
}

/** Options of commands that cannot be undone. */
export interface ConfirmOptions {
  readonly yes?: boolean | undefined
}

/** Adds what {@link OutputOptions} has. */
export function outputOptions(command: Command): Command {
  return command.option('--json', 'print JSON, for programs')
}

/** Adds what {@link ControlPlaneOptions} has. */
export function controlPlaneOptions(command: Command): Command {
  return outputOptions(command)
    .option('--url <url>', 'URL of the control plane')
    .option('--api-key-file <file>', 'file with the API key; - for stdin')
    .option('--timeout <seconds>', 'longest wait for an answer', timeoutSeconds)
}

/** Adds what {@link WorkspaceOptions} has. */
export function workspaceOptions(command: Command): Command {
  return controlPlaneOptions(command).option('--workspace <id>', 'workspace, if not your only one')
}

/** Adds what {@link ListOptions} has. */
export function listOptions(command: Command): Command {
  return command.option('--limit <count>', 'most items', wholeNumber(1, 10_000), 100)
}

/** Adds what {@link ConfirmOptions} has. */
export function confirmOptions(command: Command): Command {
  return command.option('--yes', 'do not ask')
}
