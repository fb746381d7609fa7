import { Command } from 'commander'
import { confirmOptions, type ConfirmOptions } from '../control-plane/options.ts'
import { openAdministration } from '../gateway/gateway.ts'
import { administrationOptions, type AdministrationOptions } from '../gateway/options.ts'
import { assertDone } from '../http/refusal.ts'
import { confirm } from '../input/confirm.ts'
import type { Invocation } from '../invocation.ts'
import { clientPath } from './client.ts'

/** `portcullis client delete <client>` */
export function clientDelete(invocation: Invocation): Command {
  return confirmOptions(administrationOptions(new Command('delete')))
    .summary('delete a machine client and void its tokens')
    .argument('<client>', 'its id')
    .action(
      invocation.act(async (clientId: string, options: AdministrationOptions & ConfirmOptions) => {
        const gateway = await openAdministration(invocation, options)
        await confirm(invocation, `delete the client ${clientId}`, options)
        assertDone(await gateway.ask(clientPath(clientId), { method: 'DELETE' }), `the client "${clientId}"`)
        if (options.json === true) invocation.print.json({ deleted: clientId })
        else invocation.print.line(`deleted ${clientId}`)
      }),
    )
}
