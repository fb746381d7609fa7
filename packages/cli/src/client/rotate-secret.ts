import { Command } from 'commander'
import { z } from 'zod'
import { openAdministration } from '../gateway/gateway.ts'
import { administrationOptions, type AdministrationOptions } from '../gateway/options.ts'
import { readAnswer } from '../http/refusal.ts'
import type { Invocation } from '../invocation.ts'
import { clientPath } from './client.ts'

/** `portcullis client rotate-secret <client>` */
export function clientRotateSecret(invocation: Invocation): Command {
  return administrationOptions(new Command('rotate-secret'))
    .summary('give a machine client a new secret; the old one is refused at once')
    .argument('<client>', 'its id')
    .action(
      invocation.act(async (clientId: string, options: AdministrationOptions) => {
        const gateway = await openAdministration(invocation, options)
        const answer = await gateway.ask(`${clientPath(clientId)}/secret`, { method: 'POST' })
        const schema = z.object({ clientSecret: z.string() })
        const { clientSecret } = readAnswer(answer, schema, `the client "${clientId}"`)
        if (options.json === true) invocation.print.json({ clientId, clientSecret })
        else
          invocation.print.fields([
            ['client', clientId],
            ['secret', clientSecret],
          ])
      }),
    )
}
