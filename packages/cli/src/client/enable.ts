import { Command } from 'commander'
import { openAdministration } from '../gateway/gateway.ts'
import { administrationOptions, type AdministrationOptions } from '../gateway/options.ts'
import type { Invocation } from '../invocation.ts'
import { changeClient } from './client.ts'

/** `portcullis client enable <client>` */
export function clientEnable(invocation: Invocation): Command {
  return administrationOptions(new Command('enable'))
    .summary('take a machine client back, refresh tokens included')
    .argument('<client>', 'its id')
    .action(
      invocation.act(async (clientId: string, options: AdministrationOptions) => {
        const gateway = await openAdministration(invocation, options)
        const client = await changeClient(gateway, clientId, { disabled: false })
        if (options.json === true) invocation.print.json(client)
        else invocation.print.line(`enabled ${client.clientId}`)
      }),
    )
}
