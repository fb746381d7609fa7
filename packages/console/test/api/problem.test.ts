import { CONTROL_API_ERRORS } from '@portcullis/control-api'
import { REGISTRY_ERRORS } from '@portcullis/registry'
import { expect, test } from 'vitest'
import { ApiError, inPlainWords, KNOWN_CODES, toApiError } from '../../src/pages/api/problem.ts'
import { setupTokenOf } from '../../src/pages/session/setup-link.ts'
import { actionText } from '../../src/pages/audit/action-text.ts'
import { subjectText } from '../../src/pages/people/subjects.ts'
import { isWithin, workspaceHref, workspacePlaces } from '../../src/pages/shell/places.ts'

test.each([
  [0, {}, 'The control plane cannot be reached. Check that it runs and that you are online.'],
  [403, { detail: 'no' }, 'Your role does not allow this. Ask an owner of the workspace.'],
  [404, {}, 'This does not exist, or it is not yours to see.'],
  [409, { detail: 'the thing is taken', code: 'ERR_OTHER' }, 'The thing is taken.'],
  [409, { code: 'ERR_ID_TAKEN' }, 'This id is taken already. Choose another one.'],
  [400, { errors: [{ path: 'hosts.0', message: 'must be a host name' }] }, 'Hosts.0 must be a host name.'],
  [500, { detail: 'at db.ts:5' }, 'The control plane had a problem of its own. Its log says more.'],
  [418, { title: 'teapot' }, 'Teapot.'],
  [418, { code: 'toString' }, 'HTTP 418.'],
])('an answer of %d with %o is said in plain words', (status, body, words) => {
  expect(inPlainWords(toApiError(status, body))).toBe(words)
})

test('what is no answer of the API is said without what it says of itself', () => {
  expect(inPlainWords(new Error('undefined is not a function'))).not.toContain('undefined')
  for (const body of [null, 'text', 5, []]) expect(toApiError(502, body)).toBeInstanceOf(ApiError)
})

test('an outage is worth another try, a refusal is not', () => {
  expect([0, 500, 503, 400, 404, 412].map((status) => toApiError(status, {}).isOutage)).toEqual([
    true,
    true,
    true,
    false,
    false,
    false,
  ])
})

test('the codes with words of their own are codes that the API has', () => {
  expect({ ...REGISTRY_ERRORS, ...CONTROL_API_ERRORS }).toMatchObject(
    Object.fromEntries(KNOWN_CODES.map((code) => [code, {}])),
  )
})

test.each([
  ['#token=abc_-1', '/', 'abc_-1'],
  ['#token=abc', '/setup', 'abc'],
  ['#abc_-1', '/setup', 'abc_-1'],
  ['#abc', '/', null],
  ['#main', '/workspaces/acme', null],
  ['#token=', '/setup', null],
  ['', '/setup', null],
])('the address %s of %s carries the token %s', (hash, path, token) => {
  expect(setupTokenOf(hash, path)).toBe(token)
})

test.each([
  ['project.created', 'Project created', 'made'],
  ['project.secret_added', 'Project: secret added', 'made'],
  ['project.secret_removed', 'Project: secret removed', 'gone'],
  ['api_key.revoked', 'API key revoked', 'gone'],
  ['workspace.updated', 'Workspace updated', 'changed'],
  ['odd', 'Odd', 'changed'],
  ['a.constructor', 'A constructor', 'changed'],
])('the action %s is %s', (action, text, look) => {
  expect(actionText(action)).toEqual({ text, look })
})

test('subjects are told by kind', () => {
  expect(subjectText('email:ann@example.com')).toEqual({ kind: 'Person by e-mail', name: 'ann@example.com' })
  expect(subjectText('user:a:b')).toEqual({ kind: 'Person', name: 'a:b' })
  expect(subjectText('odd')).toEqual({ kind: '', name: 'odd' })
})

test('a page belongs to one place of the navigation', () => {
  const places = workspacePlaces('acme')
  const at = (path: string): string[] =>
    places.filter((place) => isWithin(path, place)).map(({ title }) => title)
  expect(at('/workspaces/acme')).toEqual(['Overview'])
  expect(at('/workspaces/acme/projects/shop/auth')).toEqual(['Projects'])
  expect(at('/workspaces/acme/sessions')).toEqual(['Live sessions'])
  expect(workspaceHref('a/b', 'c d')).toBe('/workspaces/a%2Fb/c%20d')
})
