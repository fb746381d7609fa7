import { Command } from 'commander'
import { listOptions, type ListOptions } from '../control-plane/options.ts'
import type { Invocation } from '../invocation.ts'
import { printList } from '../output/print-list.ts'
import { apiKeySchema, keyOptions, openKeys, type KeyOptions } from './api-key.ts'

/** `portcullis key list` */
export function keyList(invocation: Invocation): Command {
  return listOptions(keyOptions(new Command('list')))
    .summary('list API keys')
    .action(
      invocation.act(async (options: KeyOptions & ListOptions) => {
        const { controlPlane, path } = await openKeys(invocation, options)
        const list = await controlPlane.list('the list of API keys', path, apiKeySchema, {
          limit: options.limit,
        })
        printList(invocation.print, options, list, {
          headings: ['KEY', 'NAME', 'ROLE', 'LAST USED', 'EXPIRES'],
          row: ({ keyId, name, role, lastUsedAt, expiresAt }) => [
            keyId,
            name ?? '',
            role,
            lastUsedAt ?? 'never',
            expiresAt ?? 'never',
          ],
          nothing: 'there is no API key',
        })
      }),
    )
}
