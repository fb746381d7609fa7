import { describe, expect, test } from 'vitest'
import type { Project, ProjectAuth } from '../project/project.ts'
import type { FoundProject, RegistryStore } from '../store/registry-store.ts'

/** A store under test that is closed when its test ends. */
export interface OpenedStore extends AsyncDisposable {
  readonly store: RegistryStore
}

const PROJECTS: readonly Project[] = [
  { workspaceId: 'w1', projectId: 'open', hosts: ['open.example', 'alias.example'], auth: { mode: 'none' } },
  {
    workspaceId: 'w1',
    projectId: 'secret',
    hosts: ['secret.example'],
    auth: {
      mode: 'jwt-secret',
      secret: ['s'.repeat(32), 't'.repeat(32)],
      algorithms: ['HS256'],
      audience: 'secret',
    },
  },
  {
    workspaceId: 'w2',
    projectId: 'open',
    hosts: ['jwks.example', '[::1]', '*.wild.example'],
    limits: { maxConnections: 7 },
    auth: {
      mode: 'jwt-jwks',
      jwksUrl: 'https://issuer.example/jwks',
      issuer: 'https://issuer.example',
      audience: ['one', 'two'],
    },
  },
]

/** What the store has to hand out: the configuration, or in place of its secrets what verifies with them. */
function expectedAuth(auth: ProjectAuth, found: FoundProject | null): unknown {
  if (auth.mode !== 'jwt-secret' || found === null || !('keys' in found.auth)) return auth
  const { secret: _kept, ...rest } = auth
  return { ...rest, keys: expect.objectContaining({ kind: 'secret' }) as unknown }
}

/**
 * Registers the tests that every `RegistryStore` must pass.
 *
 * @param name - shown in the test titles
 * @param open - opens a new, empty store and fills it with the given projects
 */
export function registryStoreContract(
  name: string,
  open: (projects: readonly Project[]) => Promise<OpenedStore>,
): void {
  describe(`registry store contract: ${name}`, () => {
    test('a project is found under each of its hosts with its whole configuration', async () => {
      await using opened = await open(PROJECTS)
      for (const project of PROJECTS) {
        for (const host of project.hosts) {
          const found = await opened.store.findProjectByHost(host.replace('*', 'any'))
          expect(found).toMatchObject({ workspaceId: project.workspaceId, projectId: project.projectId })
          expect(found?.auth).toEqual(expectedAuth(project.auth, found))
          expect({ ...found?.limits }).toEqual({ ...project.limits })
        }
      }
    })

    test.each(['before', 'after'])(
      "a wildcard stands for exactly one label, and for no host that is somebody's own and was made %s it",
      async (order) => {
        const [first, second, third] = PROJECTS as [Project, Project, Project]
        const own = { ...first, workspaceId: 'w2', projectId: 'own', hosts: ['own.wild.example'] }
        await using opened = await open(order === 'before' ? [own, second, third] : [third, second, own])
        const idUnder = async (host: string): Promise<string | undefined> =>
          (await opened.store.findProjectByHost(host))?.projectId
        expect(await idUnder('a.wild.example')).toBe('open')
        expect(await idUnder('xn--bcher-kva.wild.example')).toBe('open')
        expect(await idUnder('own.wild.example')).toBe('own')
        for (const host of ['wild.example', 'a.b.wild.example', '*.wild.example', 'awild.example']) {
          expect([host, await idUnder(host)]).toEqual([host, undefined])
        }
      },
    )

    test('an unknown host resolves null', async () => {
      await using opened = await open(PROJECTS)
      expect(await opened.store.findProjectByHost('unknown.example')).toBeNull()
    })

    test('nothing is matched by pattern, prefix, suffix or name of an object member', async () => {
      await using opened = await open(PROJECTS)
      for (const host of [
        '',
        '*',
        '%',
        "' OR 1=1 --",
        '__proto__',
        'constructor',
        'open.exampl',
        'pen.example',
        'sub.open.example',
      ]) {
        expect([host, await opened.store.findProjectByHost(host)]).toEqual([host, null])
      }
    })

    test('a project is found by its ids where the store can, and by those of no other', async () => {
      await using opened = await open(PROJECTS)
      const { store } = opened
      if (store.findProjectById === undefined) return
      for (const { workspaceId, projectId, hosts, auth } of PROJECTS) {
        const found = await store.findProjectById(workspaceId, projectId)
        expect(found).toMatchObject({ workspaceId, projectId })
        expect(found?.auth).toEqual(expectedAuth(auth, found))
        const byHost = await store.findProjectByHost((hosts[0] as string).replace('*', 'any'))
        expect(found?.authVersion).toBe(byHost?.authVersion)
      }
      for (const [workspaceId, projectId] of [
        ['w2', 'secret'],
        ['w1', 'none'],
        ['w1/open', ''],
        ['', 'w1/open'],
        ['%', '%'],
        ["' OR 1=1 --", 'open'],
        ['w1', 'open\0'],
        ['__proto__', 'constructor'],
      ] as const) {
        expect(await store.findProjectById(workspaceId, projectId)).toBeNull()
      }
      expect(await store.isUserBlocked?.('w1', 'secret', 'ann')).not.toBe(true)
    })

    test('an empty store resolves null', async () => {
      await using opened = await open([])
      expect(await opened.store.findProjectByHost('open.example')).toBeNull()
    })

    test('a host under the wildcard of another workspace is refused', async () => {
      const [first, , third] = PROJECTS as [Project, Project, Project]
      await expect(open([{ ...first, hosts: ['a.wild.example'] }, third])).rejects.toBeInstanceOf(Error)
      await expect(open([third, { ...first, hosts: ['a.wild.example'] }])).rejects.toBeInstanceOf(Error)
    })

    test('a host that two projects claim is refused', async () => {
      const [first, second] = PROJECTS as [Project, Project]
      await expect(open([first, { ...second, hosts: first.hosts }])).rejects.toBeInstanceOf(Error)
    })

    test('many lookups at once each get their own project', async () => {
      await using opened = await open(PROJECTS)
      const hosts = Array.from({ length: 200 }, (_, index) =>
        index % 2 === 0 ? 'open.example' : 'secret.example',
      )
      const found = await Promise.all(hosts.map((host) => opened.store.findProjectByHost(host)))
      expect(found.map((project) => project?.projectId)).toEqual(
        hosts.map((host) => (host === 'open.example' ? 'open' : 'secret')),
      )
    })

    test('what a caller does with a found project does not change the store', async () => {
      await using opened = await open(PROJECTS)
      const found = (await opened.store.findProjectByHost('open.example')) as { projectId: string } | null
      try {
        if (found !== null) found.projectId = 'changed'
      } catch {
        // A frozen project is one good way to keep the promise.
      }
      expect((await opened.store.findProjectByHost('open.example'))?.projectId).toBe('open')
    })
  })
}
