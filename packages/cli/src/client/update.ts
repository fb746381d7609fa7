import { Command } from 'commander'
import { usageError } from '../errors.ts'
import { openAdministration } from '../gateway/gateway.ts'
import { administrationOptions, type AdministrationOptions } from '../gateway/options.ts'
import { several } from '../input/parse.ts'
import type { Invocation } from '../invocation.ts'
import { changeClient, describeClient } from './client.ts'

interface Options extends AdministrationOptions {
  readonly tier?: string
  readonly capability?: readonly string[]
  /** False with `--no-capabilities`. */
  readonly capabilities?: boolean
}

/** `portcullis client update <client>` */
export function clientUpdate(invocation: Invocation): Command {
  return administrationOptions(new Command('update'))
    .summary('change the tier or the capabilities of a machine client')
    .description('Changes a machine client. What it may do counts from its next token.')
    .argument('<client>', 'its id')
    .option('--tier <tier>', 'free, pro or enterprise')
    .option('--capability <name>', 'replaces all capabilities; may stand several times', several)
    .option('--no-capabilities', 'take all capabilities away')
    .action(
      invocation.act(async (clientId: string, options: Options) => {
        const { tier, capability } = options
        if (capability !== undefined && options.capabilities === false) {
          throw usageError('--capability and --no-capabilities do not go together')
        }
        const capabilities = options.capabilities === false ? [] : capability
        if (tier === undefined && capabilities === undefined)
          throw usageError('no option says what to change')
        const gateway = await openAdministration(invocation, options)
        const client = await changeClient(gateway, clientId, { tier, capabilities })
        if (options.json === true) invocation.print.json(client)
        else invocation.print.fields(describeClient(client))
      }),
    )
}
