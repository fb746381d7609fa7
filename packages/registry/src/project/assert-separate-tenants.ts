import { normalizeHostPattern, wildcardOf } from '../host/host-pattern.ts'
import type { Project, ProjectAuth } from './project.ts'
import { asList, overlap } from './token-overlap.ts'

/**
 * Checks what no single project can show: that every host and every id belongs to one project, and that no token can
 * open two. Projects that share a secret, or an issuer, need audiences (or issuers) that do not overlap. A host that a
 * wildcard stands for belongs to the workspace of the wildcard.
 *
 * @throws TypeError naming both projects, and never a secret
 */
export function assertSeparateTenants(projects: readonly Project[]): void {
  const names = new Set<string>()
  const hosts = new Map<string, Project>()
  const anchors = new Map<string, Project[]>()
  for (const project of projects) {
    const name = nameOf(project)
    if (names.has(name)) throw new TypeError(`project ${name} is defined twice`)
    names.add(name)
    claimHosts(project, hosts)
    claimAnchors(project, anchors)
  }
  for (const [host, owner] of hosts) assertSameWorkspace(host, owner, hosts)
}

function claimHosts(project: Project, owners: Map<string, Project>): void {
  for (const host of project.hosts.map(normalizeHostPattern)) {
    const owner = owners.get(host)
    if (owner !== undefined)
      throw new TypeError(`host ${host} belongs to both ${nameOf(owner)} and ${nameOf(project)}`)
    owners.set(host, project)
  }
}

function assertSameWorkspace(host: string, project: Project, owners: ReadonlyMap<string, Project>): void {
  const wildcard = wildcardOf(host)
  const owner = wildcard === null ? undefined : owners.get(wildcard)
  if (owner === undefined || owner.workspaceId === project.workspaceId) return
  throw new TypeError(
    `host ${host} of ${nameOf(project)} lies under ${wildcard} of ${nameOf(owner)}, another workspace`,
  )
}

/** Compares a project only with those that trust the same secret or issuer, so that thousands of projects are no cost. */
function claimAnchors(project: Project, sharing: Map<string, Project[]>): void {
  for (const anchor of new Set(trustAnchors(project.auth))) {
    const others = sharing.get(anchor) ?? []
    const rival = others.find((other) => overlap(other.auth, project.auth))
    if (rival !== undefined) {
      throw new TypeError(
        `a token of ${nameOf(rival)} would open ${nameOf(project)}: give them different audiences or keys`,
      )
    }
    sharing.set(anchor, [...others, project])
  }
}

function trustAnchors(auth: ProjectAuth): string[] {
  if (auth.mode === 'none') return []
  if (auth.mode === 'machine') return auth.namespaces.map((namespace) => `machine ${namespace}`)
  const values = asList(auth.mode === 'jwt-secret' ? auth.secret : auth.issuer)
  return values.map((value) => `${auth.mode} ${value}`)
}

function nameOf(project: Project): string {
  return `${project.workspaceId}/${project.projectId}`
}
