import { Command } from 'commander'
import { segment } from '../control-plane/control-plane.ts'
import { workspaceOptions, type WorkspaceOptions } from '../control-plane/options.ts'
import { openWorkspace } from '../control-plane/workspace.ts'
import type { Invocation } from '../invocation.ts'
import { forEach } from './each.ts'

/** `portcullis dlq replay <id...>` */
export function deadLetterReplay(invocation: Invocation): Command {
  return workspaceOptions(new Command('replay'))
    .summary('hand dead letters to the workers once more')
    .argument('<id...>', 'as dlq list shows them')
    .action(
      invocation.act(async (ids: readonly string[], options: WorkspaceOptions) => {
        const { controlPlane, path } = await openWorkspace(invocation, options)
        return forEach(invocation, ids, options, 'replayed', (id) =>
          controlPlane.act(`the dead letter "${id}"`, 'POST', `${path}/dead-letters/${segment(id)}/replay`),
        )
      }),
    )
}
