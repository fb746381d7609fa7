import { Command } from 'commander'
import { z } from 'zod'
import { listOptions, type ListOptions } from '../control-plane/options.ts'
import { openAdministration } from '../gateway/gateway.ts'
import { administrationOptions, type AdministrationOptions } from '../gateway/options.ts'
import { readAnswer } from '../http/refusal.ts'
import type { Invocation } from '../invocation.ts'
import { printList } from '../output/print-list.ts'
import { clientSchema, stateOf, type Client } from './client.ts'

const pageSchema = z.object({ clients: z.array(clientSchema), next: z.string().nullable() })

/** Most clients that one request asks for. */
const PAGE_SIZE = 200

interface Options extends AdministrationOptions, ListOptions {
  readonly namespace?: string
}

/** `portcullis client list` */
export function clientList(invocation: Invocation): Command {
  return listOptions(administrationOptions(new Command('list')))
    .summary('list machine clients')
    .option('--namespace <id>', 'of one namespace')
    .action(
      invocation.act(async (options: Options) => {
        const gateway = await openAdministration(invocation, options)
        const items: Client[] = []
        const seen = new Set<string>()
        let isMore = true
        for (let after: string | undefined; isMore && items.length < options.limit;) {
          const query = new URLSearchParams({
            limit: String(Math.min(PAGE_SIZE, options.limit - items.length)),
          })
          if (options.namespace !== undefined) query.set('namespaceId', options.namespace)
          if (after !== undefined) query.set('after', after)
          const answer = await gateway.ask(`internal/clients?${query.toString()}`)
          const { clients, next } = readAnswer(answer, pageSchema, 'the list of clients')
          items.push(...clients.slice(0, options.limit - items.length))
          isMore = next !== null
          // A cursor that comes again would go round for ever.
          if (next === null || seen.has(next) || clients.length === 0) break
          seen.add(next)
          after = next
        }
        printList(
          invocation.print,
          options,
          { items, isMore },
          {
            headings: ['CLIENT', 'NAME', 'NAMESPACE', 'TIER', 'STATE'],
            row: (client) => [client.clientId, client.name, client.namespaceId, client.tier, stateOf(client)],
            nothing: 'there is no such client',
          },
        )
      }),
    )
}
