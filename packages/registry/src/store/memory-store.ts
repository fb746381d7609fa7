import { z } from 'zod'
import { normalizeHostPattern, wildcardOf } from '../host/host-pattern.ts'
import { assertSeparateTenants } from '../project/assert-separate-tenants.ts'
import { describeIssue } from '../project/describe-issue.ts'
import { projectSchema } from '../project/project-schema.ts'
import type { Project } from '../project/project.ts'
import type { RegistryStore } from './registry-store.ts'

/**
 * A store of a fixed list of projects, which is copied.
 *
 * @throws TypeError when a project has the wrong shape, when two share a host or an id, or when a token of one could
 *   open another; the message names the place and never a secret
 */
export function createMemoryStore(projects: readonly Project[]): RegistryStore {
  const parsed = z.array(projectSchema).safeParse(structuredClone(projects))
  if (!parsed.success) throw new TypeError(`"projects": ${parsed.error.issues.map(describeIssue).join('; ')}`)
  const copies = parsed.data
  assertSeparateTenants(copies)
  const byHost = new Map<string, Project>()
  const byId = new Map<string, Project>()
  for (const project of copies) {
    freeze(project)
    byId.set(`${project.workspaceId}/${project.projectId}`, project)
    for (const host of project.hosts) byHost.set(normalizeHostPattern(host), project)
  }
  return Object.freeze({
    async findProjectByHost(host: string): Promise<Project | null> {
      // A wildcard is not the name of a host.
      if (host.startsWith('*')) return null
      return byHost.get(host) ?? byHost.get(wildcardOf(host) ?? host) ?? null
    },
    async findProjectById(workspaceId: string, projectId: string): Promise<Project | null> {
      return byId.get(`${workspaceId}/${projectId}`) ?? null
    },
  })
}

/** Readers of one project must not be able to change it for the others. */
function freeze(value: object): void {
  Object.freeze(value)
  for (const member of Object.values(value)) if (typeof member === 'object' && member !== null) freeze(member)
}
