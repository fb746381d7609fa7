import { Command } from 'commander'
import { openAdministration } from '../gateway/gateway.ts'
import { administrationOptions, type AdministrationOptions } from '../gateway/options.ts'
import { readAnswer } from '../http/refusal.ts'
import type { Invocation } from '../invocation.ts'
import { clientPath, clientSchema, describeClient } from './client.ts'

/** `portcullis client show <client>` */
export function clientShow(invocation: Invocation): Command {
  return administrationOptions(new Command('show'))
    .summary('show a machine client')
    .argument('<client>', 'its id')
    .action(
      invocation.act(async (clientId: string, options: AdministrationOptions) => {
        const gateway = await openAdministration(invocation, options)
        const client = readAnswer(
          await gateway.ask(clientPath(clientId)),
          clientSchema,
          `the client "${clientId}"`,
        )
        if (options.json === true) invocation.print.json(client)
        else invocation.print.fields(describeClient(client))
      }),
    )
}
