import { normalizeHost } from '../host/normalize-host.ts'
import type { Project, ProjectAuth } from './project.ts'

/**
 * Checks what no single project can show: that every host and every id belongs to one project, and that no token can
 * open two. Projects that share a secret, or an issuer, need audiences (or issuers) that do not overlap.
 *
 * @throws TypeError naming both projects, and never a secret
 */
export function assertSeparateTenants(projects: readonly Project[]): void {
  const names = new Set<string>()
  const hosts = new Map<string, string>()
  const anchors = new Map<string, Project[]>()
  for (const project of projects) {
    const name = nameOf(project)
    if (names.has(name)) throw new TypeError(`project ${name} is defined twice`)
    names.add(name)
    claimHosts(project, hosts)
    claimAnchors(project, anchors)
  }
}

function claimHosts(project: Project, owners: Map<string, string>): void {
  for (const host of project.hosts.map(normalizeHost)) {
    const owner = owners.get(host)
    if (owner !== undefined)
      throw new TypeError(`host ${host} belongs to both ${owner} and ${nameOf(project)}`)
    owners.set(host, nameOf(project))
  }
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
  const values = asList(auth.mode === 'jwt-secret' ? auth.secret : auth.issuer)
  return values.map((value) => `${auth.mode} ${value}`)
}

/** Whether one token could satisfy the claims that both want. */
function overlap(one: ProjectAuth, other: ProjectAuth): boolean {
  if (one.mode === 'none' || other.mode === 'none') return false
  return meet(one.issuer, other.issuer) && meet(one.audience, other.audience)
}

/** Whether some value satisfies both lists. An absent list is satisfied by every value. */
function meet(
  one: string | readonly string[] | undefined,
  other: string | readonly string[] | undefined,
): boolean {
  if (one === undefined || other === undefined) return true
  const values = new Set(asList(one))
  return asList(other).some((value) => values.has(value))
}

function asList(value: string | readonly string[]): readonly string[] {
  return typeof value === 'string' ? [value] : value
}

function nameOf(project: Project): string {
  return `${project.workspaceId}/${project.projectId}`
}
