import { Command } from 'commander'
import { segment } from '../control-plane/control-plane.ts'
import { confirmOptions, type ConfirmOptions } from '../control-plane/options.ts'
import { confirm } from '../input/confirm.ts'
import type { Invocation } from '../invocation.ts'
import { apiKeySchema, keyOptions, openKeys, type KeyOptions } from './api-key.ts'

/** `portcullis key revoke <key>` */
export function keyRevoke(invocation: Invocation): Command {
  return confirmOptions(keyOptions(new Command('revoke')))
    .summary('revoke an API key')
    .argument('<key>', 'id of the key, as key list shows it')
    .action(
      invocation.act(async (keyId: string, options: KeyOptions & ConfirmOptions) => {
        const { controlPlane, path } = await openKeys(invocation, options)
        const what = `the API key "${keyId}"`
        const place = `${path}/${segment(keyId)}`
        const { resource } = await controlPlane.get(what, place, apiKeySchema)
        await confirm(
          invocation,
          `revoke ${keyId} (${resource.name ?? 'no name'}, ${resource.role})`,
          options,
        )
        await controlPlane.act(what, 'DELETE', place)
        if (options.json === true) invocation.print.json({ revoked: keyId })
        else invocation.print.line(`revoked ${keyId}`)
      }),
    )
}
