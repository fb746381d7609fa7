import { randomBytes } from 'node:crypto'
import { integerOption } from '@portcullis/auth-core'
import { allowInsecureHttp } from '@portcullis/registry'
import type { ControlApiOptions, ControlApiRateLimits, RateLimit } from './options.ts'

/** {@link ControlApiOptions}, checked and completed. */
export interface Settings extends Omit<
  ControlApiOptions,
  'publicUrl' | 'cookieKey' | 'sessionTtlMs' | 'rateLimits' | 'gatewayTimeoutMs' | 'version'
> {
  readonly publicUrl: URL | null
  readonly cookieKey: Uint8Array
  readonly sessionTtlMs: number
  readonly limits: Readonly<Record<keyof ControlApiRateLimits, RateLimit>>
  readonly gatewayTimeoutMs: number
  readonly version: string
}

const KEY_BYTES = 32
const MINUTE = 60_000
const DAY = 86_400_000
const LIMITS: Record<keyof ControlApiRateLimits, RateLimit> = {
  address: { max: 1200, windowMs: MINUTE },
  credential: { max: 1200, windowMs: MINUTE },
  wrongCredential: { max: 20, windowMs: MINUTE },
}

/** @throws TypeError naming the option that is wrong */
export function readSettings(options: ControlApiOptions): Settings {
  const { store, registry, fleet, machineTokens, oidc, cookieKey = randomBytes(KEY_BYTES) } = options
  if (typeof store?.apiKeys?.authenticate !== 'function')
    throw new TypeError('"store" must be a managed store')
  if (typeof registry?.testToken !== 'function') throw new TypeError('"registry" must be a registry')
  if (typeof fleet?.ask !== 'function') throw new TypeError('"fleet" must be a fleet view')
  if (machineTokens !== undefined && typeof machineTokens !== 'function') {
    throw new TypeError('"machineTokens" must be a function')
  }
  if (!(cookieKey instanceof Uint8Array) || cookieKey.byteLength !== KEY_BYTES) {
    throw new TypeError(`"cookieKey" must be ${KEY_BYTES} bytes`)
  }
  const publicUrl = readPublicUrl(options.publicUrl)
  if (oidc !== undefined) {
    checkOidc(oidc)
    if (publicUrl === null) throw new TypeError('"publicUrl" is needed for "oidc"')
  }
  const { version = '0.0.0' } = options
  if (typeof version !== 'string' || version === '') throw new TypeError('"version" must be text')
  return Object.freeze({
    store,
    registry,
    fleet,
    machineTokens,
    oidc,
    publicUrl,
    cookieKey,
    sessionTtlMs: integerOption('sessionTtlMs', options.sessionTtlMs, DAY / 2, MINUTE, 30 * DAY),
    limits: {
      address: readLimit('address', options.rateLimits),
      credential: readLimit('credential', options.rateLimits),
      wrongCredential: readLimit('wrongCredential', options.rateLimits),
    },
    gatewayTimeoutMs: integerOption('gatewayTimeoutMs', options.gatewayTimeoutMs, 5000, 1, MINUTE),
    version,
  })
}

function readLimit(name: keyof ControlApiRateLimits, limits: ControlApiRateLimits | undefined): RateLimit {
  const { max, windowMs } = limits?.[name] ?? LIMITS[name]
  return {
    max: integerOption(`rateLimits.${name}.max`, max, LIMITS[name].max, 1),
    windowMs: integerOption(`rateLimits.${name}.windowMs`, windowMs, LIMITS[name].windowMs, 1000, DAY),
  }
}

function readPublicUrl(value: string | undefined): URL | null {
  if (value === undefined) return null
  const url = typeof value === 'string' && URL.canParse(value) ? new URL(value) : null
  const isBare = url !== null && url.pathname === '/' && url.search === '' && url.hash === ''
  if (!isBare || !/^https?:$/.test(url.protocol) || url.username !== '' || url.password !== '') {
    throw new TypeError('"publicUrl" must be an http: or https: URL without a path')
  }
  return url
}

function checkOidc(oidc: NonNullable<ControlApiOptions['oidc']>): void {
  const { issuer, clientId, clientSecret, audience } = oidc
  const url = typeof issuer === 'string' && URL.canParse(issuer) ? new URL(issuer) : null
  const isAllowed =
    url?.protocol === 'https:' || (url?.protocol === 'http:' && oidc[allowInsecureHttp] === true)
  if (!isAllowed) throw new TypeError('"oidc.issuer" must be an https: URL')
  if (typeof clientId !== 'string' || clientId === '') throw new TypeError('"oidc.clientId" must be text')
  if (clientSecret !== undefined && (typeof clientSecret !== 'string' || clientSecret === '')) {
    throw new TypeError('"oidc.clientSecret" must be text')
  }
  if (audience !== undefined && (typeof audience !== 'string' || audience === '')) {
    throw new TypeError('"oidc.audience" must be text')
  }
}
