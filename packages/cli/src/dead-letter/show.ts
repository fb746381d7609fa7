import { Command } from 'commander'
import { segment } from '../control-plane/control-plane.ts'
import { workspaceOptions, type WorkspaceOptions } from '../control-plane/options.ts'
import { openWorkspace } from '../control-plane/workspace.ts'
import type { Invocation } from '../invocation.ts'
import { deadLetterSchema, describeDeadLetter } from './dead-letter.ts'

/** `portcullis dlq show <id>` */
export function deadLetterShow(invocation: Invocation): Command {
  return workspaceOptions(new Command('show'))
    .summary('show a dead letter with its message')
    .argument('<id>', 'as dlq list shows it')
    .action(
      invocation.act(async (id: string, options: WorkspaceOptions) => {
        const { controlPlane, path } = await openWorkspace(invocation, options)
        const { resource } = await controlPlane.get(
          `the dead letter "${id}"`,
          `${path}/dead-letters/${segment(id)}`,
          deadLetterSchema,
        )
        if (options.json === true) invocation.print.json(resource)
        else invocation.print.fields(describeDeadLetter(resource))
      }),
    )
}
