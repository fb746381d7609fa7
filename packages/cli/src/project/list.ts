import { Command } from 'commander'
import {
  listOptions,
  workspaceOptions,
  type ListOptions,
  type WorkspaceOptions,
} from '../control-plane/options.ts'
import { openWorkspace } from '../control-plane/workspace.ts'
import type { Invocation } from '../invocation.ts'
import { printList } from '../output/print-list.ts'
import { projectSchema } from './project.ts'

/** `portcullis project list` */
export function projectList(invocation: Invocation): Command {
  return listOptions(workspaceOptions(new Command('list')))
    .summary('list the projects of a workspace')
    .action(
      invocation.act(async (options: WorkspaceOptions & ListOptions) => {
        const { controlPlane, path } = await openWorkspace(invocation, options)
        const { limit } = options
        const list = await controlPlane.list('the list of projects', `${path}/projects`, projectSchema, {
          limit,
        })
        printList(invocation.print, options, list, {
          headings: ['PROJECT', 'AUTH', 'HOSTS'],
          row: ({ projectId, auth, hosts }) => [projectId, auth.mode, hosts.join(' ')],
          nothing: 'there is no project in this workspace',
        })
      }),
    )
}
