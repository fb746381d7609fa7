import { Command } from 'commander'
import { openControlPlane } from '../control-plane/control-plane.ts'
import {
  controlPlaneOptions,
  listOptions,
  type ControlPlaneOptions,
  type ListOptions,
} from '../control-plane/options.ts'
import type { Invocation } from '../invocation.ts'
import { printList } from '../output/print-list.ts'
import { workspaceSchema } from './workspace.ts'

/** `portcullis workspace list` */
export function workspaceList(invocation: Invocation): Command {
  return listOptions(controlPlaneOptions(new Command('list')))
    .summary('list the workspaces you may see')
    .action(
      invocation.act(async (options: ControlPlaneOptions & ListOptions) => {
        const controlPlane = await openControlPlane(invocation, options)
        const list = await controlPlane.list('the list of workspaces', 'workspaces', workspaceSchema, {
          limit: options.limit,
        })
        printList(invocation.print, options, list, {
          headings: ['WORKSPACE', 'NAME', 'CREATED'],
          row: ({ workspaceId, name, createdAt }) => [workspaceId, name ?? '', createdAt ?? ''],
          nothing: 'there is no workspace that you may see',
        })
      }),
    )
}
