import { Command } from 'commander'
import { segment } from '../control-plane/control-plane.ts'
import { workspaceOptions, type WorkspaceOptions } from '../control-plane/options.ts'
import { openWorkspace } from '../control-plane/workspace.ts'
import { usageError } from '../errors.ts'
import { newSecret } from '../input/new-secret.ts'
import { several } from '../input/parse.ts'
import { readSecret } from '../input/read-secret.ts'
import type { Invocation } from '../invocation.ts'
import { describeProject } from './describe-project.ts'
import { authOf, limitsOf, projectOptions, type ProjectOptions } from './project-options.ts'
import { projectSchema } from './project.ts'

interface Options extends WorkspaceOptions, ProjectOptions {
  readonly addHost?: readonly string[]
  readonly removeHost?: readonly string[]
}

/** `portcullis project update <project>` */
export function projectUpdate(invocation: Invocation): Command {
  return projectOptions(workspaceOptions(new Command('update')))
    .summary('change a project')
    .description(
      'Changes a project. What no option names stays. Sessions that may no longer be open are closed. With --auth jwt-secret, another mode before, and no --secret-file a random secret is made and printed this once.',
    )
    .argument('<project>', 'its id')
    .option('--add-host <host>', 'one more host; may stand several times', several)
    .option('--remove-host <host>', 'a host less; may stand several times', several)
    .action(
      invocation.act(async (projectId: string, options: Options) => {
        const isHostsBoth =
          options.host !== undefined && (options.addHost ?? options.removeHost) !== undefined
        if (isHostsBoth)
          throw usageError('--host replaces all hosts, and goes without --add-host and --remove-host')
        const given =
          options.secretFile === undefined
            ? undefined
            : await readSecret(invocation, options.secretFile, 'secret')
        const { controlPlane, path } = await openWorkspace(invocation, options)
        const what = `the project "${projectId}"`
        const place = `${path}/projects/${segment(projectId)}`
        const { resource: current, etag } = await controlPlane.get(what, place, projectSchema)
        // What has no secret yet needs one.
        const isMade =
          options.auth === 'jwt-secret' && current.auth.mode !== 'jwt-secret' && given === undefined
        const secret = isMade ? newSecret() : given
        const changes = {
          name: options.name,
          hosts: hostsOf(options, current.hosts),
          auth: authOf(options, secret, current.auth),
          limits: limitsOf(options, current.limits),
        }
        const json = Object.fromEntries(Object.entries(changes).filter(([, value]) => value !== undefined))
        if (Object.keys(json).length === 0) throw usageError('no option says what to change')
        // Refused when somebody else changed it in between.
        const { resource } = await controlPlane.change(what, 'PATCH', place, projectSchema, { json, etag })
        const { print } = invocation
        if (options.json === true) return print.json(isMade ? { ...resource, secret } : resource)
        print.fields(describeProject(resource))
        // The one time that it can be read.
        if (isMade && secret !== undefined) print.fields([['new secret', secret]])
        return undefined
      }),
    )
}

function hostsOf(
  { host, addHost = [], removeHost = [] }: Options,
  current: readonly string[],
): readonly string[] | undefined {
  if (host !== undefined) return host
  if (addHost.length === 0 && removeHost.length === 0) return undefined
  const stranger = removeHost.find((one) => !current.includes(one))
  if (stranger !== undefined) throw usageError(`the project has no host "${stranger}"`)
  return [...new Set([...current.filter((one) => !removeHost.includes(one)), ...addHost])]
}
