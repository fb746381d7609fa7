import { Command, Option } from 'commander'
import { lengthOfTime } from '../input/parse.ts'
import type { Invocation } from '../invocation.ts'
import { describeApiKey, keyOptions, newApiKeySchema, openKeys, type KeyOptions } from './api-key.ts'

const DAY_MS = 86_400_000

interface Options extends KeyOptions {
  readonly role: string
  readonly expiresIn?: number
}

/** `portcullis key create <name>` */
export function keyCreate(invocation: Invocation): Command {
  return keyOptions(new Command('create'))
    .summary('make an API key, which is printed this once')
    .argument('<name>', 'what it is for')
    .addOption(
      new Option('--role <role>', 'what it may').choices(['viewer', 'admin', 'owner']).default('viewer'),
    )
    .option('--expires-in <time>', 'its life, such as 12h or 90d', lengthOfTime(60_000, 3650 * DAY_MS))
    .action(
      invocation.act(async (name: string, options: Options) => {
        const { controlPlane, path } = await openKeys(invocation, options)
        const { role, expiresIn } = options
        const { resource } = await controlPlane.change('the API key', 'POST', path, newApiKeySchema, {
          json: {
            name,
            role,
            ...(expiresIn !== undefined && {
              expiresAt: new Date(invocation.now() + expiresIn).toISOString(),
            }),
          },
        })
        if (options.json === true) return invocation.print.json(resource)
        invocation.print.fields([...describeApiKey(resource), ['key', resource.key]])
        return invocation.print.note('the key is shown this once')
      }),
    )
}
