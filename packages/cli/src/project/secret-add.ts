import { Command } from 'commander'
import { z } from 'zod'
import { segment } from '../control-plane/control-plane.ts'
import { workspaceOptions, type WorkspaceOptions } from '../control-plane/options.ts'
import { openWorkspace } from '../control-plane/workspace.ts'
import { readSecret } from '../input/read-secret.ts'
import type { Invocation } from '../invocation.ts'

const schema = z.looseObject({ secretId: z.string(), secret: z.string().optional() })

/** `portcullis project secret add <project>` */
export function projectSecretAdd(invocation: Invocation): Command {
  return workspaceOptions(new Command('add'))
    .summary('add a secret; tokens of both are good until the old one is removed')
    .description(
      'Adds a secret to a project of the mode jwt-secret. Without --secret-file one is made and printed this once.',
    )
    .argument('<project>', 'its id')
    .option('--secret-file <file>', 'file with the secret; - for stdin')
    .action(
      invocation.act(async (projectId: string, options: WorkspaceOptions & { secretFile?: string }) => {
        const { secretFile } = options
        const secret =
          secretFile === undefined ? undefined : await readSecret(invocation, secretFile, 'secret')
        const { controlPlane, path } = await openWorkspace(invocation, options)
        const { resource } = await controlPlane.change(
          `the secret of "${projectId}"`,
          'POST',
          `${path}/projects/${segment(projectId)}/secrets`,
          schema,
          { json: secret === undefined ? {} : { secret } },
        )
        // What was given is known already, whatever the server repeats of it.
        const made = secret === undefined ? resource.secret : undefined
        const { secretId } = resource
        if (options.json === true)
          invocation.print.json({ secretId, ...(made !== undefined && { secret: made }) })
        else
          invocation.print.fields([
            ['secret id', secretId],
            ...(made === undefined ? [] : [['new secret', made] as const]),
          ])
      }),
    )
}
