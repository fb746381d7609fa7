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
import { forEach } from './each.ts'

/** `portcullis dlq drop <id...>` */
export function deadLetterDrop(invocation: Invocation): Command {
  return confirmOptions(workspaceOptions(new Command('drop')))
    .summary('drop dead letters for good')
    .argument('<id...>', 'as dlq list shows them')
    .action(
      invocation.act(async (ids: readonly string[], options: WorkspaceOptions & ConfirmOptions) => {
        const { controlPlane, path } = await openWorkspace(invocation, options)
        await confirm(
          invocation,
          `drop ${ids.length === 1 ? 'a dead letter' : `${ids.length} dead letters`}`,
          options,
        )
        return forEach(invocation, ids, options, 'dropped', (id) =>
          controlPlane.act(`the dead letter "${id}"`, 'DELETE', `${path}/dead-letters/${segment(id)}`),
        )
      }),
    )
}
