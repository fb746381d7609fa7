import { Command } from 'commander'
import { segment } from '../control-plane/control-plane.ts'
import { workspaceOptions, type WorkspaceOptions } from '../control-plane/options.ts'
import { openWorkspace } from '../control-plane/workspace.ts'
import type { Invocation } from '../invocation.ts'
import { describeProject } from './describe-project.ts'
import { projectSchema } from './project.ts'

/** `portcullis project show <project>` */
export function projectShow(invocation: Invocation): Command {
  return workspaceOptions(new Command('show'))
    .summary('show a project: hosts, auth, limits, ids of secrets')
    .argument('<project>', 'its id')
    .action(
      invocation.act(async (projectId: string, options: WorkspaceOptions) => {
        const { controlPlane, path } = await openWorkspace(invocation, options)
        const { resource } = await controlPlane.get(
          `the project "${projectId}"`,
          `${path}/projects/${segment(projectId)}`,
          projectSchema,
        )
        if (options.json === true) invocation.print.json(resource)
        else invocation.print.fields(describeProject(resource))
      }),
    )
}
