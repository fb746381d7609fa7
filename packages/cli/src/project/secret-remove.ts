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

/** `portcullis project secret remove <project> <secret>` */
export function projectSecretRemove(invocation: Invocation): Command {
  return confirmOptions(workspaceOptions(new Command('remove')))
    .summary('remove a secret; its tokens are refused from then on')
    .argument('<project>', 'its id')
    .argument('<secret>', 'id of the secret, as project show lists it')
    .action(
      invocation.act(
        async (projectId: string, secretId: string, options: WorkspaceOptions & ConfirmOptions) => {
          const { controlPlane, path } = await openWorkspace(invocation, options)
          const what = `the secret "${secretId}"`
          const place = `${path}/projects/${segment(projectId)}`
          const { etag } = await controlPlane.get(`the project "${projectId}"`, place, projectSchema)
          await confirm(invocation, `remove the secret ${secretId} of ${projectId}`, options)
          await controlPlane.act(what, 'DELETE', `${place}/secrets/${segment(secretId)}`, { etag })
          if (options.json === true) invocation.print.json({ removed: secretId })
          else invocation.print.line(`removed the secret ${secretId}`)
        },
      ),
    )
}
