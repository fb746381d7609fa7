import { Command } from 'commander'
import { openControlPlane } from '../control-plane/control-plane.ts'
import { readMe } from '../control-plane/me.ts'
import { controlPlaneOptions, type ControlPlaneOptions } from '../control-plane/options.ts'
import type { Invocation } from '../invocation.ts'
import { describe } from './login.ts'

/** `portcullis whoami` */
export function whoami(invocation: Invocation): Command {
  return controlPlaneOptions(new Command('whoami'))
    .summary('show whose the API key is, and what it may')
    .action(
      invocation.act(async (options: ControlPlaneOptions) => {
        const controlPlane = await openControlPlane(invocation, options)
        const me = await readMe(controlPlane)
        if (options.json === true) return invocation.print.json({ url: controlPlane.url.href, me })
        invocation.print.line(`${describe(me)} at ${controlPlane.url.href}`)
        return invocation.print.table(
          ['WORKSPACE', 'ROLE'],
          me.memberships.map(({ workspaceId, role }) => [workspaceId, role]),
          (me.operator ?? null) === null ? 'a member of no workspace' : 'sees all workspaces',
        )
      }),
    )
}
