import { execFile } from 'node:child_process'
import { mkdtemp, readdir, readFile, rm, writeFile } from 'node:fs/promises'
import { fileURLToPath } from 'node:url'
import { promisify } from 'node:util'
import ts from 'typescript'
import { afterAll, beforeAll, describe, expect, test } from 'vitest'

/**
 * The code samples of the gateway that this one replaces, word for word but for the name of the package, compiled and run
 * against the built package as an application of its own.
 */
const SAMPLES = new URL('./samples/', import.meta.url)

/** What two samples use without importing it. */
const MISSING_IMPORTS: Record<string, string> = {
  custom: "import none from './no-user.js'\n",
  cluster: "import { IOGateway } from '@portcullis/interop'\n",
}

const names = (await readdir(SAMPLES)).map((file) => file.replace('.txt', '')).toSorted()
let folder = ''

beforeAll(async () => {
  // Beside this test, where the package can be imported by its name.
  folder = await mkdtemp(fileURLToPath(new URL('../../.pasted-', import.meta.url)))
  await writeFile(`${folder}/package.json`, '{"type":"module"}')
  await Promise.all(
    names.map(async (name) => {
      const text = await readFile(new URL(`${name}.txt`, SAMPLES), 'utf8')
      await writeFile(`${folder}/${name}.ts`, `${MISSING_IMPORTS[name] ?? ''}${text}`)
    }),
  )
  const program = ts.createProgram(
    names.map((name) => `${folder}/${name}.ts`),
    OPTIONS,
  )
  program.emit()
  problems = ts.getPreEmitDiagnostics(program).map(({ file, messageText }) => {
    const place = file?.fileName.slice(folder.length + 1) ?? ''
    return `${place}: ${ts.flattenDiagnosticMessageText(messageText, ' ')}`
  })
})
afterAll(async () => rm(folder, { recursive: true, force: true }))

const OPTIONS: ts.CompilerOptions = {
  target: ts.ScriptTarget.ES2022,
  module: ts.ModuleKind.NodeNext,
  moduleResolution: ts.ModuleResolutionKind.NodeNext,
  strict: true,
  types: ['node'],
}
let problems: string[] = []

/** What a program in the folder of the samples prints. It has to end by itself. */
async function run(file: string, ...args: string[]): Promise<string> {
  const { stdout } = await promisify(execFile)(process.execPath, [`${folder}/${file}`, ...args], {
    timeout: 20_000,
  })
  return stdout
}

test('there are all of them', () => {
  expect(names).toEqual([
    'basic',
    'cluster',
    'custom',
    'gateway-client',
    'lifetime',
    'metrics',
    'myauth',
    'no-user',
    'oauth2',
    'os-user',
    'token',
    'visibility',
  ])
})

test('the compiler finds nothing wrong with them', () => {
  expect(problems).toEqual([])
})

describe('run as they stand', () => {
  test.each(['token', 'basic', 'custom', 'metrics', 'visibility', 'lifetime', 'cluster'])(
    '%s makes a gateway and ends',
    async (name) => {
      expect(await run(`${name}.js`)).toBe('')
    },
  )

  test('the one for clients in the process prints who was authenticated', async () => {
    expect(await run('gateway-client.js')).toBe('authenticated with user: client\n')
  })

  test('the one for OAuth 2.0 is refused with its placeholders, and told so', async () => {
    expect(await run('oauth2.js')).toContain('global.errors.authentication.failure')
  })

  test('the authenticators decide as they say', async () => {
    await writeFile(
      `${folder}/decide.js`,
      `import none from './no-user.js'
import node from './os-user.js'
import myauth from './myauth.js'
for (const [authenticator, authentication] of [
  [none, { method: 'none' }],
  [none, { method: 'secret' }],
  [node, { method: 'none' }],
  [myauth, { method: 'access-token', token: 'my-secret-token' }],
  [myauth, { method: 'access-token', token: 'other' }],
]) console.log(JSON.stringify(await authenticator({ authentication })))
`,
    )
    const answers = (await run('decide.js')).trim().split('\n')
    expect(answers.map((line) => (JSON.parse(line) as { type: string }).type)).toEqual([
      'success',
      'error',
      'success',
      'success',
      'error',
    ])
  })

  test('a gateway with one of them lets its users in', async () => {
    await writeFile(
      `${folder}/login.js`,
      `import Gateway from '@portcullis/interop'
import myauth from './myauth.js'
const gateway = Gateway({
  authentication: { default: 'myauth', available: ['basic', 'myauth'], myauth: { authenticator: myauth } },
})
const client = gateway.client(({ type, reason, resolved_identity }) => console.log(type, reason ?? resolved_identity.user))
client.send({ type: 'hello', identity: { application: 'a' }, authentication: { method: 'access-token', token: process.argv[2] } })
client.close()
await gateway.close()
`,
    )
    expect(await run('login.js', 'other')).toBe('error Invalid token\n')
    expect(await run('login.js', 'my-secret-token')).toBe('welcome myuser\n')
  })
})
