import { z } from 'zod'
import { usageError } from '../errors.ts'
import type { Invocation } from '../invocation.ts'
import { openControlPlane, segment, type ControlPlane } from './control-plane.ts'
import { readMe } from './me.ts'
import type { WorkspaceOptions } from './options.ts'

/** A control plane, and the workspace that a command is about. */
export interface InWorkspace {
  readonly controlPlane: ControlPlane
  readonly workspaceId: string
  /** Beginning of the paths of what belongs to the workspace. */
  readonly path: string
}

/**
 * The workspace of `--workspace`, else of `PORTCULLIS_WORKSPACE`, else of the login, else the only one there is.
 *
 * @throws CliError `ERR_CLI_USAGE` when there are several to choose from, or none
 */
export async function openWorkspace(invocation: Invocation, options: WorkspaceOptions): Promise<InWorkspace> {
  const controlPlane = await openControlPlane(invocation, options)
  const { PORTCULLIS_WORKSPACE: variable = '' } = invocation.env
  const named = options.workspace ?? (variable === '' ? controlPlane.config?.workspace : variable)
  const workspaceId = named ?? (await onlyWorkspace(controlPlane))
  return { controlPlane, workspaceId, path: `workspaces/${segment(workspaceId)}` }
}

async function onlyWorkspace(controlPlane: ControlPlane): Promise<string> {
  const { memberships, operator } = await readMe(controlPlane)
  const ids =
    memberships.length > 0 || (operator ?? null) === null
      ? memberships.map(({ workspaceId }) => workspaceId)
      : await firstWorkspaces(controlPlane)
  const [only] = ids
  if (only !== undefined && ids.length === 1) return only
  throw usageError(
    only === undefined
      ? 'there is no workspace yet: make one with portcullis workspace create'
      : 'there are several workspaces: choose one with --workspace',
  )
}

async function firstWorkspaces(controlPlane: ControlPlane): Promise<string[]> {
  const schema = z.object({ workspaceId: z.string() })
  const { items } = await controlPlane.list('the list of workspaces', 'workspaces', schema, { limit: 2 })
  return items.map(({ workspaceId }) => workspaceId)
}
