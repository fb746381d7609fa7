import { Command } from 'commander'
import { segment } from '../control-plane/control-plane.ts'
import {
  confirmOptions,
  workspaceOptions,
  type ConfirmOptions,
  type WorkspaceOptions,
} from '../control-plane/options.ts'
import { openWorkspace } from '../control-plane/workspace.ts'
import { confirm } from '../input/confirm.ts'
import type { Invocation } from '../invocation.ts'
import { projectSchema } from './project.ts'

/** `portcullis project delete <project>` */
export function projectDelete(invocation: Invocation): Command {
  return confirmOptions(workspaceOptions(new Command('delete')))
    .summary('delete a project and close its sessions')
    .argument('<project>', 'its id')
    .action(
      invocation.act(async (projectId: string, options: WorkspaceOptions & ConfirmOptions) => {
        const { controlPlane, path, workspaceId } = await openWorkspace(invocation, options)
        const what = `the project "${projectId}"`
        const place = `${path}/projects/${segment(projectId)}`
        const { resource, etag } = await controlPlane.get(what, place, projectSchema)
        await confirm(
          invocation,
          `delete ${workspaceId}/${projectId}, which answers at ${resource.hosts.slice(0, 3).join(', ')}`,
          options,
        )
        await controlPlane.act(what, 'DELETE', place, { etag })
        if (options.json === true) invocation.print.json({ deleted: projectId })
        else invocation.print.line(`deleted ${workspaceId}/${projectId}`)
      }),
    )
}
