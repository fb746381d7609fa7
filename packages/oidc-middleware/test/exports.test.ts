import { readFileSync } from 'node:fs'
import { expect, test } from 'vitest'
import * as api from '../src/index.ts'

const packageJson = JSON.parse(readFileSync(new URL('../package.json', import.meta.url), 'utf8')) as {
  exports: Record<string, object | string>
}
const readme = readFileSync(new URL('../README.md', import.meta.url), 'utf8')
const source = (path: string): string => readFileSync(new URL(`../src/${path}`, import.meta.url), 'utf8')

test('the package exports these names and no others', () => {
  expect(Object.keys(api).toSorted()).toEqual([
    'AUTH_ERRORS',
    'AuthError',
    'OIDC_ERRORS',
    'OidcConfigManager',
    'OidcError',
    'OidcHttpMiddleware',
    'OidcSocketAdminMiddleware',
    'OidcSocketMiddleware',
    'allowInsecureHttp',
    'createUserResolver',
    'createVerifier',
    'readOidcEnvironment',
    'verifierConfigOf',
    'verifyOidcToken',
  ])
})

test('the package has these entries, each with the source condition first', () => {
  const entries = ['.', './fastify', './ioserver', './socket.io', './ws']
  expect(Object.keys(packageJson.exports)).toEqual([...entries, './package.json'])
  for (const entry of entries) {
    expect(Object.keys(packageJson.exports[entry] as object)).toEqual([
      '@portcullis/source',
      'types',
      'default',
    ])
  }
})

/** Packages that the modules behind a source file load when they run: `import type` is not among them. */
function packagesBehind(path: string): string[] {
  const outside = new Set<string>()
  const seen = new Set<string>()
  const visit = (file: URL): void => {
    if (seen.has(file.href)) return
    seen.add(file.href)
    const text = readFileSync(file, 'utf8')
    for (const [statement, specifier] of text.matchAll(/^(?:import|export)\b[^'"]*?from '([^']+)'/gm)) {
      if (/^(?:import|export) type\b/.test(statement)) continue
      if (specifier?.startsWith('.')) visit(new URL(specifier, file))
      else if (specifier !== undefined && !specifier.startsWith('node:')) outside.add(specifier)
    }
    expect(text).not.toMatch(/\brequire\(|\bimport\('[^.]/)
  }
  visit(new URL(`../src/${path}`, import.meta.url))
  return [...outside].toSorted()
}

test('the root entry loads no framework', () => {
  expect(packagesBehind('index.ts')).toEqual(['@portcullis/auth-core', 'jose'])
})

test('the entries for IOServer and Socket.IO load no framework either', () => {
  for (const entry of ['ioserver', 'socket.io']) {
    for (const name of packagesBehind(`${entry}/index.ts`))
      expect(['@portcullis/auth-core', 'jose']).toContain(name)
  }
})

test('the errors table of the README is the table of the code', () => {
  const rows = [...readme.matchAll(/^\| `(ERR_\w+)`\s*\| (\d+)\s*\| (\d+)\s*\| (yes|no)\s*\|/gm)]
  const told = Object.fromEntries(
    rows.map(([, code, status, close, shown]) => [code, [Number(status), Number(close), shown === 'yes']]),
  )
  const all = { ...api.AUTH_ERRORS, ...api.OIDC_ERRORS }
  const known = Object.entries(all)
    .filter(([code]) => !/SECRET|HASHING/.test(code))
    .map(([code, { statusCode, closeCode, expose }]) => [code, [statusCode, closeCode, expose]])
  expect(told).toEqual(Object.fromEntries(known))
})

test.each([
  ['each issuer of `createVerifier`', 'verifier/verifier-config.ts', 'IssuerConfig'],
  ['`createVerifier`', 'verifier/verifier-config.ts', 'VerifierOptions'],
  ['`verifyOidcToken`', 'config/oidc-config.ts', 'OidcConfig'],
  ['`createUserResolver`', 'users/user-resolver.ts', 'UserResolverOptions'],
])('the options of %s in the README are those of the code', (heading, path, type) => {
  const table = readme.slice(readme.indexOf(`Of ${heading}`)).split('\n\n')[1] ?? ''
  const told = [...table.matchAll(/^\| `([^`]+)`/gm)].map(([, name]) => name)
  const members = source(path).split(`export interface ${type} {`)[1]?.split('\n}')[0] ?? ''
  const known = [...members.matchAll(/^ {2}([[\]\w]+)\??:/gm)].map(([, name]) => name)
  expect(known.length).toBeGreaterThan(2)
  expect(new Set(told)).toEqual(new Set(known))
})
