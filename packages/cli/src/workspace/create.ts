import { Command } from 'commander'
import { openControlPlane } from '../control-plane/control-plane.ts'
import { controlPlaneOptions, type ControlPlaneOptions } from '../control-plane/options.ts'
import type { Invocation } from '../invocation.ts'
import { workspaceSchema } from './workspace.ts'

/** `portcullis workspace create <workspace>` */
export function workspaceCreate(invocation: Invocation): Command {
  return controlPlaneOptions(new Command('create'))
    .summary('make a workspace')
    .argument('<workspace>', 'its id: 1 to 64 letters, digits, "_" and "-"')
    .option('--name <text>', 'what people call it')
    .action(
      invocation.act(async (workspaceId: string, options: ControlPlaneOptions & { name?: string }) => {
        const controlPlane = await openControlPlane(invocation, options)
        const { resource } = await controlPlane.change(
          `the workspace "${workspaceId}"`,
          'POST',
          'workspaces',
          workspaceSchema,
          { json: { workspaceId, ...(options.name !== undefined && { name: options.name }) } },
        )
        if (options.json === true) invocation.print.json(resource)
        else invocation.print.line(`made the workspace ${resource.workspaceId}`)
      }),
    )
}
