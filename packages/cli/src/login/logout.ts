import { Command } from 'commander'
import { readConfig, writeConfig } from '../config/config-file.ts'
import { controlPlaneUrl } from '../control-plane/control-plane.ts'
import type { Invocation } from '../invocation.ts'

/** `portcullis logout` */
export function logout(invocation: Invocation): Command {
  return new Command('logout')
    .summary('forget the API key of a control plane')
    .description(
      'Removes the API key of a control plane from the configuration. The key itself stays good: revoke it with key revoke.',
    )
    .option('--url <url>', 'URL of the control plane')
    .action(
      invocation.act(async (options: { url?: string }) => {
        const { env, print } = invocation
        const url = await controlPlaneUrl(invocation, options.url)
        const { current, servers } = await readConfig(env)
        if (servers[url.href] === undefined) return print.note(`there is no API key for ${url.href}`)
        const { [url.href]: _forgotten, ...rest } = servers
        await writeConfig(env, {
          servers: rest,
          ...(current !== undefined && current !== url.href && { current }),
        })
        return print.line(`forgot the API key for ${url.href}`)
      }),
    )
}
