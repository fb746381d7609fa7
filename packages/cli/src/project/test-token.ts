import { Command } from 'commander'
import { z } from 'zod'
import { segment } from '../control-plane/control-plane.ts'
import { workspaceOptions, type WorkspaceOptions } from '../control-plane/options.ts'
import { openWorkspace } from '../control-plane/workspace.ts'
import { EXIT_CODES } from '../errors.ts'
import { readToken, type TokenSource } from '../input/read-token.ts'
import type { Invocation } from '../invocation.ts'

const schema = z.looseObject({
  ok: z.boolean(),
  checks: z.array(z.looseObject({ check: z.string(), status: z.string(), detail: z.string().nullish() })),
  userId: z.string().nullish(),
})

interface Options extends WorkspaceOptions, TokenSource {
  readonly host?: string
}

/** `portcullis project test-token <project> [token]` */
export function projectTestToken(invocation: Invocation): Command {
  return workspaceOptions(new Command('test-token'))
    .summary('ask which checks a token passes in a project')
    .description(
      'Sends a token to the control plane, which says of each check what came of it. Ends with 1 when the token would be refused.',
    )
    .argument('<project>', 'its id')
    .argument('[token]', 'the token; - for stdin')
    .option('--token-file <file>', 'file with the token; - for stdin')
    .option('--host <host>', 'host that the client would connect to')
    .action(
      invocation.act(async (projectId: string, argument: string | undefined, options: Options) => {
        const { print } = invocation
        const token = await readToken(invocation, argument, options)
        const { controlPlane, path } = await openWorkspace(invocation, options)
        const { resource } = await controlPlane.change(
          'the test of the token',
          'POST',
          `${path}/projects/${segment(projectId)}/token-test`,
          schema,
          { json: { token, ...(options.host !== undefined && { host: options.host }) } },
        )
        const { ok, checks, userId } = resource
        if (options.json === true) print.json(resource)
        else {
          print.table(
            ['CHECK', 'RESULT', 'DETAIL'],
            checks.map(({ check, status, detail }) => [check, status, detail ?? '']),
            'no check was made',
          )
          print.line(ok ? `accepted, as ${userId ?? 'nobody in particular'}` : 'refused')
        }
        return ok ? EXIT_CODES.ok : EXIT_CODES.failed
      }),
    )
}
