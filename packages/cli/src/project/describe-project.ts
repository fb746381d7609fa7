import { asList, type Project } from './project.ts'

/** A project as names and values. */
export function describeProject(project: Project): (readonly [name: string, value: string])[] {
  const { workspaceId, projectId, name, hosts, auth, limits, createdAt, updatedAt } = project
  return [
    ['project', `${workspaceId}/${projectId}`],
    ...field('name', name === projectId ? undefined : name),
    ...hosts.map((host) => ['host', host] as const),
    ['auth', auth.mode],
    ...field('key set', auth.jwksUrl),
    ...field('key set', auth.discovery === true ? 'found through the metadata of the issuer' : undefined),
    ...asList(auth.issuer).map((one) => ['issuer', one] as const),
    ...asList(auth.audience).map((one) => ['audience', one] as const),
    ...field('algorithms', auth.algorithms?.join(', ')),
    ...(auth.namespaces ?? []).map((one) => ['namespace', one] as const),
    ...(auth.secrets ?? []).map(
      ({ secretId, createdAt: at }) =>
        ['secret', at === undefined ? secretId : `${secretId}, since ${at}`] as const,
    ),
    ...Object.entries(limits).map(([limit, value]) => [limit, String(value)] as const),
    ...field('created', createdAt),
    ...field('updated', updatedAt),
  ]
}

function field(name: string, value: string | null | undefined): (readonly [string, string])[] {
  return value === null || value === undefined ? [] : [[name, value]]
}
