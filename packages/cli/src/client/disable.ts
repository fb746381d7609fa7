import { Command } from 'commander'
import { openAdministration } from '../gateway/gateway.ts'
import { administrationOptions, type AdministrationOptions } from '../gateway/options.ts'
import type { Invocation } from '../invocation.ts'
import { changeClient } from './client.ts'

/** `portcullis client disable <client>` */
export function clientDisable(invocation: Invocation): Command {
  return administrationOptions(new Command('disable'))
    .summary('refuse a machine client; its access tokens are void at once')
    .argument('<client>', 'its id')
    .action(
      invocation.act(async (clientId: string, options: AdministrationOptions) => {
        const gateway = await openAdministration(invocation, options)
        const client = await changeClient(gateway, clientId, { disabled: true })
        if (options.json === true) invocation.print.json(client)
        else invocation.print.line(`disabled ${client.clientId}`)
      }),
    )
}
