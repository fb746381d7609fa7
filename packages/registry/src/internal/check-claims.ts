import type { ClaimRules } from '../project/token-overlap.ts'
import { asList } from '../project/token-overlap.ts'
import type { CheckList } from './check-list.ts'
import { quote } from './check-list.ts'

/** As the verifiers have it. */
const CLOCK_TOLERANCE_SECONDS = 5

type Claims = Readonly<Record<string, unknown>>

/** Compares the claims of a token, verified or not, with what a project asks of them. */
export function checkClaims(list: CheckList, claims: Claims, rules: ClaimRules): void {
  const { issuer, audience } = rules.mode === 'none' || rules.mode === 'machine' ? {} : rules
  checkIssuer(list, claims, issuer)
  checkAudience(list, claims, audience)
  checkTimes(list, claims)
  const { sub } = claims
  if (typeof sub === 'string' && sub !== '') list.pass('subject', `The user is ${quote(sub)}.`)
  else list.fail('subject', 'The token has no "sub" that is a text and not empty.')
}

type Wanted = string | readonly string[] | undefined

function checkIssuer(list: CheckList, { iss }: Claims, issuer: Wanted): void {
  if (issuer === undefined) list.skip('issuer', 'The project accepts any.')
  else if (typeof iss === 'string' && asList(issuer).includes(iss))
    list.pass('issuer', `It is ${quote(iss)}.`)
  else if (iss === undefined)
    list.fail('issuer', `The token has no "iss", and the project wants ${quote(issuer)}.`)
  else list.fail('issuer', `The token has ${quote(iss)}, and the project wants ${quote(issuer)}.`)
}

function checkAudience(list: CheckList, { aud }: Claims, audience: Wanted): void {
  if (audience === undefined) return list.skip('audience', 'The project accepts any.')
  const named: readonly unknown[] = Array.isArray(aud) ? aud : [aud]
  const wanted: readonly unknown[] = asList(audience)
  if (named.some((one) => wanted.includes(one))) return list.pass('audience', `It is ${quote(aud)}.`)
  const has = aud === undefined ? 'no "aud"' : quote(aud)
  list.fail('audience', `The token has ${has}, and the project wants ${quote(audience)}.`)
}

function checkTimes(list: CheckList, { exp, nbf, iat }: Claims): void {
  const now = Math.floor(Date.now() / 1000)
  if (exp === undefined) list.fail('exp', 'The token has no "exp": one that never expires is not accepted.')
  else if (!isTime(exp)) list.fail('exp', 'Its "exp" is not a number of seconds.')
  else if (exp <= now - CLOCK_TOLERANCE_SECONDS) list.fail('exp', `It expired at ${moment(exp)}.`)
  else list.pass('exp', `It expires at ${moment(exp)}.`)

  if (nbf === undefined) list.skip('nbf', 'The token has none.')
  else if (!isTime(nbf)) list.fail('nbf', 'Its "nbf" is not a number of seconds.')
  else if (nbf > now + CLOCK_TOLERANCE_SECONDS) list.fail('nbf', `It is not good before ${moment(nbf)}.`)
  else list.pass('nbf', `It is good from ${moment(nbf)} on.`)

  if (iat === undefined) list.skip('iat', 'The token has none.')
  else if (!isTime(iat)) list.fail('iat', 'Its "iat" is not a number of seconds.')
  else if (iat > now + CLOCK_TOLERANCE_SECONDS) {
    list.fail('iat', `It says that it was issued in the future, at ${moment(iat)}: compare the clocks.`)
  } else list.pass('iat', `It was issued at ${moment(iat)}.`)
}

function isTime(value: unknown): value is number {
  // 1e999 is legal JSON, and infinite.
  return typeof value === 'number' && Number.isFinite(value)
}

/** The time in a form for people, or the number where no calendar reaches. */
function moment(seconds: number): string {
  const date = new Date(seconds * 1000)
  return Number.isNaN(date.getTime()) ? String(seconds) : date.toISOString()
}
