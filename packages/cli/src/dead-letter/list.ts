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
import { actorOf, deadLetterSchema, reasonOf } from './dead-letter.ts'

interface Options extends WorkspaceOptions, ListOptions {
  readonly project?: string
}

/** `portcullis dlq list` */
export function deadLetterList(invocation: Invocation): Command {
  return listOptions(workspaceOptions(new Command('list')))
    .summary('list messages that workers could not handle')
    .option('--project <id>', 'of one project')
    .action(
      invocation.act(async (options: Options) => {
        const { controlPlane, path } = await openWorkspace(invocation, options)
        const list = await controlPlane.list(
          'the list of dead letters',
          `${path}/dead-letters`,
          deadLetterSchema,
          {
            limit: options.limit,
            query: { projectId: options.project },
          },
        )
        printList(invocation.print, options, list, {
          headings: ['ID', 'PROJECT', 'ACTOR', 'ATTEMPTS', 'FAILED', 'REASON'],
          row: (letter) => [
            letter.id,
            letter.projectId ?? '',
            actorOf(letter),
            String(letter.attempts ?? ''),
            letter.failedAt ?? '',
            reasonOf(letter),
          ],
          nothing: 'there are no dead letters',
        })
      }),
    )
}
