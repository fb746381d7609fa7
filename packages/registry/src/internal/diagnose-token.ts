import type { AuthError } from '@portcullis/auth-core'
import type { TokenCheckName } from '../authorize/token-test.ts'
import { asList } from '../project/token-overlap.ts'
import type { FoundProject } from '../store/registry-store.ts'
import { checkClaims } from './check-claims.ts'
import { type CheckList, quote } from './check-list.ts'
import { NO_SUBJECT, OTHER_NAMESPACE } from './machine-verifier.ts'
import { DEFAULT_ALGORITHMS } from './project-verifiers.ts'
import { readTokenParts, type TokenParts } from './token-parts.ts'

/** How far a verifier came with a token, in the order in which it looks. */
type Stage = 'form' | 'issuer' | 'algorithm' | 'key' | 'signature' | 'claims'

/** What verifiers say of a token that none of its claims is to blame for. The rest is said of claims. */
const STAGES: Readonly<Record<string, Stage>> = {
  'it is not a string': 'form',
  'it is too long': 'form',
  'it is not a compact JWS': 'form',
  'it is not canonical base64url': 'form',
  'its header is not JSON': 'form',
  'its header is not an object': 'form',
  'it needs extensions that are not supported': 'form',
  'its key id is malformed': 'form',
  'its algorithm is not allowed': 'algorithm',
  'no key fits it': 'key',
  'its signature is wrong': 'signature',
}

const UNTRIED = 'Nothing is left to look at.'

/** Says of each check how a token did that was verified, with these claims. None has failed then. */
export function reportVerified(
  list: CheckList,
  { auth }: FoundProject,
  token: string,
  claims: Readonly<Record<string, unknown>>,
): void {
  // It may have expired since.
  const good: CheckList = { ...list, fail: (check) => list.pass(check, 'It was accepted.') }
  if (auth.mode === 'machine') {
    skipForMachines(good)
    good.pass('signature', 'It is a token of a machine client.')
    good.pass('namespace', 'It is one of those that the project accepts.')
  } else {
    passUntil(good, 'claims', readTokenParts(token))
    good.skip('namespace', 'It is for machine clients.')
    if (isAccessOnly(auth)) good.pass('kind', 'It is an access token.')
    else good.skip('kind', 'The project takes every kind of token.')
  }
  checkClaims(good, claims, auth)
}

/** Says of each check how a token did that was refused with `error`. At least one has failed then. */
export function reportRefused(list: CheckList, project: FoundProject, token: string, error: AuthError): void {
  const { auth } = project
  if (error.code === 'ERR_AUTH_TOKEN_REQUIRED') return list.fail('form', 'There is no token.')
  const parts = readTokenParts(token)
  if (auth.mode === 'machine') return reportMachineRefused(list, parts, error)
  list.skip('namespace', 'It is for machine clients.')
  const reason = reasonOf(error)
  const stage = error.code === 'ERR_AUTH_KEYS_UNAVAILABLE' ? 'key' : stageOf(auth, parts, reason)
  passUntil(list, stage, parts)
  switch (stage) {
    case 'form':
      list.fail('form', `It cannot be read: ${reason in STAGES ? reason : 'it holds no objects of JSON'}.`)
      break
    case 'algorithm':
      list.fail('algorithm', algorithmDetail(auth, parts))
      break
    case 'key':
      list.fail('key', keyDetail(error, parts))
      break
    case 'signature':
      list.fail('signature', `No key of the project made it: ${signerOf(auth)}.`)
      break
    case 'issuer':
    case 'claims':
  }
  if (parts.payload !== null) checkClaims(list, parts.payload, auth)
  if (!isAccessOnly(auth)) list.skip('kind', 'The project takes every kind of token.')
  else if (reason === 'it is not an access token') {
    list.fail('kind', 'It is an ID token or another kind of token, and the project takes access tokens only.')
  }
  // Whatever it was: it was refused.
  if (!list.hasFailed()) list.fail('form', `It was refused: ${reason}.`)
}

function reportMachineRefused(list: CheckList, parts: TokenParts, error: AuthError): void {
  skipForMachines(list)
  if (error.code === 'ERR_AUTH_KEYS_UNAVAILABLE') {
    return list.fail('key', 'Tokens of machine clients cannot be verified at the moment.')
  }
  checkOwnClaims(list, parts)
  const reason = reasonOf(error)
  if (reason === OTHER_NAMESPACE || reason === NO_SUBJECT) {
    list.pass('signature', 'It is a token of a machine client.')
    if (reason === NO_SUBJECT) return list.fail('subject', 'The token names no client.')
    return list.fail('namespace', `The client is of another namespace${namespaceOf(parts)}.`)
  }
  if (error.code === 'ERR_AUTH_TOKEN_EXPIRED') return list.fail('exp', 'It has expired.')
  list.fail(
    'signature',
    'It is not a good access token of a machine client: another issuer, another kind, or expired.',
  )
}

/** Of a token that was refused, as far as it can be read: it may be of any form. */
function checkOwnClaims(list: CheckList, { payload }: TokenParts): void {
  if (payload !== null) checkClaims(list, payload, { mode: 'machine', namespaces: [] })
}

function skipForMachines(list: CheckList): void {
  for (const check of ['form', 'algorithm', 'key', 'kind'] as const) {
    list.skip(check, 'Tokens of machine clients are verified as a whole: see "signature".')
  }
}

/** Everything before the stage was right. */
function passUntil(list: CheckList, stage: Stage, { header }: TokenParts): void {
  const steps: readonly (readonly [TokenCheckName, string])[] = [
    ['form', 'It is a signed token.'],
    ['algorithm', `It is ${quote(header?.['alg'])}.`],
    [
      'key',
      header?.['kid'] === undefined ? 'There are keys to try.' : `${quote(header['kid'])} is among the keys.`,
    ],
    ['signature', 'It is right.'],
  ]
  const end =
    stage === 'issuer' ? 1 : stage === 'claims' ? steps.length : steps.findIndex(([name]) => name === stage)
  for (const [at, [check, detail]] of steps.entries()) {
    if (at < end) list.pass(check, detail)
    else list.skip(check, UNTRIED)
  }
}

function stageOf(auth: TokenAuth, { header, payload }: TokenParts, reason: string): Stage {
  const stage = STAGES[reason]
  if (stage !== undefined) return stage
  if (header === null || payload === null) return 'form'
  // By discovery the issuer says where the keys are: there are none to try for another one.
  const isOfIssuer = typeof payload['iss'] === 'string' && asIssuers(auth).includes(payload['iss'])
  return isAccessOnly(auth) && !isOfIssuer ? 'issuer' : 'claims'
}

function algorithmDetail(auth: TokenAuth, { header }: TokenParts): string {
  const accepted = 'algorithms' in auth && auth.algorithms !== undefined ? auth.algorithms : defaultsOf(auth)
  return `The token says ${quote(header?.['alg'])}, and the project accepts ${accepted.join(', ')}.`
}

function keyDetail(error: AuthError, { header }: TokenParts): string {
  // Why is for the log: it tells of the network that this runs in.
  if (error.code === 'ERR_AUTH_KEYS_UNAVAILABLE') {
    return 'The keys of the identity provider cannot be had at the moment: its key URL does not answer as it should.'
  }
  const kid = header?.['kid']
  return kid === undefined
    ? `There is no key for ${quote(header?.['alg'])}.`
    : `There is no key ${quote(kid)} for ${quote(header?.['alg'])}.`
}

function signerOf(auth: TokenAuth): string {
  return auth.mode === 'jwt-secret'
    ? 'the token was signed with another secret, or changed'
    : 'the token was signed by somebody else, or changed'
}

function namespaceOf({ payload }: TokenParts): string {
  const namespace = payload?.['namespaceId']
  return typeof namespace === 'string' ? ` (${quote(namespace)})` : ''
}

type TokenAuth = FoundProject['auth']

function isAccessOnly(auth: TokenAuth): boolean {
  return auth.mode === 'jwt-jwks' && auth.discovery === true
}

function asIssuers(auth: TokenAuth): readonly string[] {
  return 'issuer' in auth && auth.issuer !== undefined ? asList(auth.issuer) : []
}

function defaultsOf(auth: TokenAuth): readonly string[] {
  return auth.mode === 'jwt-secret' || auth.mode === 'jwt-jwks' ? DEFAULT_ALGORITHMS[auth.mode] : []
}

/** The part of the message that says why. */
function reasonOf(error: AuthError): string {
  return error.message.replace('the token is invalid: ', '')
}
