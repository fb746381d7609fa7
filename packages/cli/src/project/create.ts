import { Command } from 'commander'
import { workspaceOptions, type WorkspaceOptions } from '../control-plane/options.ts'
import { openWorkspace } from '../control-plane/workspace.ts'
import { usageError } from '../errors.ts'
import { newSecret } from '../input/new-secret.ts'
import { readSecret } from '../input/read-secret.ts'
import type { Invocation } from '../invocation.ts'
import { describeProject } from './describe-project.ts'
import { authOf, limitsOf, projectOptions, type ProjectOptions } from './project-options.ts'
import { projectSchema } from './project.ts'

/** `portcullis project create <project>` */
export function projectCreate(invocation: Invocation): Command {
  return projectOptions(workspaceOptions(new Command('create')))
    .summary('make a project')
    .description(
      'Makes a project. With --auth jwt-secret and no --secret-file a random secret is made and printed this once.',
    )
    .argument('<project>', 'its id: 1 to 64 letters, digits, "_" and "-"')
    .action(
      invocation.act(async (projectId: string, options: WorkspaceOptions & ProjectOptions) => {
        const { print } = invocation
        if (options.host === undefined) throw usageError('--host is needed: where clients reach the project')
        if (options.auth === undefined)
          throw usageError('--auth is needed: none, jwt-secret, jwt-jwks or machine')
        const isMade = options.auth === 'jwt-secret' && options.secretFile === undefined
        const given =
          options.secretFile === undefined
            ? undefined
            : await readSecret(invocation, options.secretFile, 'secret')
        const secret = isMade ? newSecret() : given
        const auth = authOf(options, secret)
        const limits = limitsOf(options)
        const { controlPlane, path } = await openWorkspace(invocation, options)
        const { resource } = await controlPlane.change(
          `the project "${projectId}"`,
          'POST',
          `${path}/projects`,
          projectSchema,
          {
            json: {
              projectId,
              ...(options.name !== undefined && { name: options.name }),
              hosts: options.host,
              auth,
              ...(limits !== undefined && { limits }),
            },
          },
        )
        if (options.json === true) return print.json(isMade ? { ...resource, secret } : resource)
        print.fields(describeProject(resource))
        // The one time that it can be read.
        if (isMade && secret !== undefined) print.fields([['new secret', secret]])
        return undefined
      }),
    )
}
