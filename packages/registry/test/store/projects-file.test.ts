import { mkdtemp, rm, writeFile } from 'node:fs/promises'
import { tmpdir } from 'node:os'
import { join } from 'node:path'
import { afterAll, beforeAll, describe, expect, test } from 'vitest'
import { loadProjectsFile, ProjectsFileError } from '../../src/index.ts'

const SECRET = 'HIDDEN'.padEnd(32, 'x')
const GOOD = { workspaceId: 'w', projectId: 'p', hosts: ['a.example'], auth: { mode: 'none' } }
const JWKS = {
  mode: 'jwt-jwks',
  jwksUrl: 'https://i.example/jwks',
  issuer: 'https://i.example',
  audience: 'p',
}

let folder: string
beforeAll(async () => {
  folder = await mkdtemp(join(tmpdir(), 'portcullis-projects-'))
})
afterAll(async () => rm(folder, { recursive: true }))

async function load(content: unknown): Promise<unknown> {
  const path = join(folder, 'projects.json')
  await writeFile(path, typeof content === 'string' ? content : JSON.stringify(content))
  return loadProjectsFile(path)
}

async function failure(content: unknown): Promise<ProjectsFileError> {
  const error: unknown = await load(content).catch((thrown: unknown) => thrown)
  expect(error).toBeInstanceOf(ProjectsFileError)
  expect((error as Error).message).toContain(join(folder, 'projects.json'))
  expect((error as Error).message).not.toContain('HIDDEN')
  return error as ProjectsFileError
}

describe('loadProjectsFile', () => {
  test('reads all three modes', async () => {
    const projects = [
      GOOD,
      {
        ...GOOD,
        projectId: 's',
        hosts: ['b.example'],
        auth: { mode: 'jwt-secret', secret: [SECRET], audience: ['x'] },
      },
      {
        ...GOOD,
        projectId: 'j',
        hosts: ['c.example', '[::1]'],
        auth: { ...JWKS, algorithms: ['ES256', 'EdDSA'] },
      },
    ]
    expect(await load({ $schema: 'x', projects })).toEqual(projects)
  })

  test.each<[string, unknown, string]>([
    ['no projects', {}, '$.projects'],
    ['an unknown member', { projects: [], project: [] }, '$ '],
    ['a list', [], '$ '],
    ['a bad workspace id', { projects: [{ ...GOOD, workspaceId: 'a.b' }] }, '$.projects[0].workspaceId'],
    ['a bad project id', { projects: [GOOD, { ...GOOD, projectId: '' }] }, '$.projects[1].projectId'],
    ['no hosts', { projects: [{ ...GOOD, hosts: [] }] }, '$.projects[0].hosts'],
    ['a bad host', { projects: [{ ...GOOD, hosts: ['ok.example', 'a b'] }] }, '$.projects[0].hosts[1]'],
    ['no auth', { projects: [{ ...GOOD, auth: undefined }] }, '$.projects[0].auth'],
    ['an unknown mode', { projects: [{ ...GOOD, auth: { mode: 'HIDDEN' } }] }, '$.projects[0].auth.mode'],
    [
      'a misspelt audience',
      { projects: [{ ...GOOD, auth: { ...JWKS, audience: undefined, audiense: 'p' } }] },
      '$.projects[0].auth.audience',
    ],
    [
      'a short secret',
      { projects: [{ ...GOOD, auth: { mode: 'jwt-secret', secret: 'HIDDEN' } }] },
      '$.projects[0].auth.secret',
    ],
    [
      'a short second secret',
      { projects: [{ ...GOOD, auth: { mode: 'jwt-secret', secret: [SECRET, 'HIDDEN'] } }] },
      '$.projects[0].auth.secret',
    ],
    [
      'an asymmetric algorithm for a secret',
      { projects: [{ ...GOOD, auth: { mode: 'jwt-secret', secret: SECRET, algorithms: ['RS256'] } }] },
      '$.projects[0].auth.algorithms[0]',
    ],
    [
      'a symmetric algorithm for a key set',
      { projects: [{ ...GOOD, auth: { ...JWKS, algorithms: ['HS256'] } }] },
      '$.projects[0].auth.algorithms[0]',
    ],
    [
      'none as an algorithm',
      { projects: [{ ...GOOD, auth: { ...JWKS, algorithms: ['none'] } }] },
      '$.projects[0].auth.algorithms[0]',
    ],
    [
      'no issuer',
      { projects: [{ ...GOOD, auth: { ...JWKS, issuer: undefined } }] },
      '$.projects[0].auth.issuer',
    ],
    [
      'an empty audience',
      { projects: [{ ...GOOD, auth: { ...JWKS, audience: '' } }] },
      '$.projects[0].auth.audience',
    ],
    [
      'a key URL that is none',
      { projects: [{ ...GOOD, auth: { ...JWKS, jwksUrl: '/jwks' } }] },
      '$.projects[0].auth.jwksUrl',
    ],
    [
      'a key URL of another scheme',
      { projects: [{ ...GOOD, auth: { ...JWKS, jwksUrl: 'file:///etc/passwd' } }] },
      '$.projects[0].auth.jwksUrl',
    ],
    [
      'a key URL with credentials',
      { projects: [{ ...GOOD, auth: { ...JWKS, jwksUrl: 'https://HIDDEN:HIDDEN@i.example/jwks' } }] },
      '$.projects[0].auth.jwksUrl',
    ],
    [
      'a key URL that anybody on the way may change',
      { projects: [{ ...GOOD, auth: { ...JWKS, jwksUrl: 'http://i.example/jwks' } }] },
      '$.projects[0].auth.jwksUrl',
    ],
    [
      'an issuer that says nothing of where its keys are',
      { projects: [{ ...GOOD, auth: { ...JWKS, jwksUrl: undefined, discovery: true, issuer: 'me' } }] },
      '$.projects[0].auth.issuer',
    ],
    [
      'a secret that is another one to everybody but HMAC',
      { projects: [{ ...GOOD, auth: { mode: 'jwt-secret', secret: `${SECRET}\0` } }] },
      '$.projects[0].auth.secret',
    ],
  ])('names the file and the place of %s', async (_name, content, place) => {
    expect((await failure(content)).message).toContain(place)
  })

  test('refuses a host that two projects claim', async () => {
    const error = await failure({ projects: [GOOD, { ...GOOD, projectId: 'q', hosts: ['A.example.'] }] })
    expect(error.message).toContain('host a.example belongs to both w/p and w/q')
  })

  test('names the line of broken JSON without quoting it', async () => {
    const text = `{\n "projects": [\n  {"secret": "${SECRET}" "HIDDEN"}\n]}`
    expect((await failure(text)).message).toMatch(/is not JSON \(line 3\)$/)
    await failure(`HIDDEN`)
    await failure('')
  })

  test('says that a file cannot be read', async () => {
    await expect(loadProjectsFile(join(folder, 'missing.json'))).rejects.toThrow(
      /missing\.json: cannot be read \(ENOENT\)/,
    )
    await expect(loadProjectsFile(folder)).rejects.toThrow(/cannot be read \(EISDIR\)/)
  })
})
