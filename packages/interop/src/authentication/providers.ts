import { type Authenticator, createBasicAuthenticator, integerOption } from '@portcullis/auth-core'
import { createOAuth2Authenticator } from './oauth2.ts'
import type { AuthenticationOptions, CustomProviderOptions } from './options.ts'
import type { GatewayTokens } from './tokens.ts'

/** A way to log in. */
export interface Provider {
  readonly name: string
  /** @throws TypeError when the provider is configured in a way that cannot work */
  authenticator(): Authenticator
  readonly timeoutMs: number
  readonly enforceExpiry: boolean
  /** True when the application wrote it. */
  readonly custom: boolean
}

export interface Providers {
  /** Asked in turn by a hello that names none. At least one. */
  readonly defaultNames: readonly string[]
  get(name: string): Provider | undefined
  /** Builds all of them. @throws TypeError naming the option that is wrong */
  prepare(): void
}

const RESERVED = new Set(['default', 'available', 'trustClientIdentity', 'token-ttl', 'authenticator'])
const LONGEST_TIMER_MS = 2 ** 31 - 1

/** @throws TypeError naming the option that is wrong */
export function createProviders(options: AuthenticationOptions, tokens: GatewayTokens): Providers {
  const { authenticator } = options
  if (authenticator !== undefined) {
    if (typeof authenticator !== 'function') {
      throw new TypeError('"authentication.authenticator" must be a function')
    }
    return providersOf(
      ['custom'],
      new Map([['custom', providerOf('custom', { authenticator }, () => authenticator)]]),
    )
  }
  const defaults: unknown[] = [options.default ?? []].flat()
  const available = options.available ?? (defaults.length === 0 ? ['basic'] : defaults)
  if (!Array.isArray(available) || available.length === 0) {
    throw new TypeError('"authentication.available" must name at least one provider')
  }
  const names = [...available].map(providerName)
  if (defaults.length === 0) defaults.push(names.length === 1 ? names[0] : 'basic')
  if (!isSubset(defaults, names)) {
    throw new TypeError('"authentication.default" must be one of "authentication.available", or several')
  }
  return providersOf(defaults, new Map(names.map((name) => [name, provider(name, options, tokens)])))
}

function provider(name: string, options: AuthenticationOptions, tokens: GatewayTokens): Provider {
  const own = (Object.hasOwn(options, name) ? options[name] : undefined) as
    | Partial<CustomProviderOptions>
    | undefined
  if (own !== undefined && (typeof own !== 'object' || own === null)) {
    throw new TypeError(`"authentication.${name}" must be an object`)
  }
  if (own?.authenticator !== undefined) {
    const { authenticator } = own
    if (typeof authenticator !== 'function') {
      throw new TypeError(`"authentication.${name}.authenticator" must be a function`)
    }
    return providerOf(name, own, () => authenticator)
  }
  if (name === 'basic') {
    const basic = createBasicAuthenticator({ ...options.basic, tokens: tokens.access })
    return providerOf(name, options.basic ?? {}, () => basic)
  }
  if (name === 'oauth2') {
    const { oauth2 } = options
    if (oauth2 === undefined) throw new TypeError('"authentication.oauth2" is required')
    // Made when it is first needed, or at the start, which throws if it cannot work.
    let made: Authenticator | undefined
    return providerOf(name, oauth2, () => (made ??= createOAuth2Authenticator(oauth2)))
  }
  throw new TypeError(`"authentication.${name}.authenticator" is required`)
}

function providerOf(
  name: string,
  { timeout, enforceExpiry = true, authenticator: own }: Partial<CustomProviderOptions>,
  authenticator: () => Authenticator,
): Provider {
  if (typeof enforceExpiry !== 'boolean') {
    throw new TypeError(`"authentication.${name}.enforceExpiry" must be a boolean`)
  }
  return {
    name,
    authenticator,
    timeoutMs: integerOption(`authentication.${name}.timeout`, timeout, 5000, 1, LONGEST_TIMER_MS),
    enforceExpiry,
    custom: own !== undefined,
  }
}

function isSubset(some: readonly unknown[], names: readonly string[]): some is readonly string[] {
  return some.every((name) => typeof name === 'string' && names.includes(name))
}

function providersOf(defaultNames: readonly string[], byName: ReadonlyMap<string, Provider>): Providers {
  return {
    defaultNames,
    get: (name) => byName.get(name),
    prepare: () => byName.forEach((each) => each.authenticator()),
  }
}

function providerName(name: unknown): string {
  if (typeof name !== 'string' || name === '' || RESERVED.has(name)) {
    throw new TypeError('"authentication.available" must be a list of provider names')
  }
  return name
}
