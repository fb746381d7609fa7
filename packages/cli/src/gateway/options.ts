import type { Command } from 'commander'
import { outputOptions, type OutputOptions } from '../control-plane/options.ts'
import { timeoutSeconds } from '../input/parse.ts'

/** Options of commands that ask a gateway. */
export interface GatewayOptions extends OutputOptions {
  readonly gatewayUrl?: string | undefined
  readonly envFile?: string | undefined
  /** Milliseconds. */
  readonly timeout?: number | undefined
}

/** Options of commands that administrate machine clients. */
export interface AdministrationOptions extends GatewayOptions {
  readonly internalSecretFile?: string | undefined
}

/** Adds what {@link GatewayOptions} has. */
export function gatewayOptions(command: Command): Command {
  return outputOptions(command)
    .option('--gateway-url <url>', 'URL of a gateway')
    .option('--env-file <file>', 'more variables, such as the gateway’s own')
    .option('--timeout <seconds>', 'longest wait for an answer', timeoutSeconds)
}

/** Adds what {@link AdministrationOptions} has. */
export function administrationOptions(command: Command): Command {
  return gatewayOptions(command).option(
    '--internal-secret-file <file>',
    'file with the internal secret of the gateways; - for stdin',
  )
}
