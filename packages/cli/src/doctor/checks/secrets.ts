import { weaknessOf } from '../secret-weakness.ts'
import { badInProduction, listOf, type Check, type Examination, type Finding } from '../finding.ts'

/** Variables that hold secrets, and when each has to be there. */
const SECRETS = {
  CONTROL_PLANE_INTERNAL_TOKEN: 'everybody knows the one that is used instead',
  GATEWAY_JWT_SECRET: 'tokens of machine clients end with the gateway that signed them',
  GATEWAY_JWT_VERIFY_SECRETS: null,
  INTERNAL_SECRET: null,
  AUTH_INITIAL_ACCESS_TOKEN: null,
  REGISTRY_SECRET_KEY: 'the key lies beside what it encrypts',
} as const

type Name = keyof typeof SECRETS

const HINT = 'openssl rand -hex 32 makes a good one'

/** Whether secrets are there, hard to guess, and each used for one thing alone. */
export const secrets: Check = {
  isOnline: false,
  look(examination) {
    const names = Object.keys(SECRETS) as Name[]
    return [
      ...names.map((name) => lookAt(name, examination)).filter((one) => one !== null),
      ...reused(names, examination),
    ]
  },
}

function lookAt(name: Name, examination: Examination): Finding | null {
  const { env } = examination
  const check = `secret:${name}`
  const values = listOf(env[name])
  if (values.length === 0) return missing(name, check, examination)
  const weak = values.map(weaknessOf).find((one) => one !== null)
  if (weak === undefined) return { check, status: 'ok', detail: `${name} is set` }
  return { check, status: badInProduction(examination), detail: `${name} ${weak}`, hint: HINT }
}

function missing(name: Name, check: string, { env, production }: Examination): Finding | null {
  const consequence = SECRETS[name]
  if (consequence === null) return null
  if (name === 'GATEWAY_JWT_SECRET' && env.GATEWAY_JWT_KEYS_FILE !== undefined) return null
  // A gateway's variables have no key of the registry, and the control plane's need no secret of the gateways.
  const isOfBoth = name === 'CONTROL_PLANE_INTERNAL_TOKEN'
  if (production) {
    const status = isOfBoth ? 'failed' : 'warning'
    const who = isOfBoth ? 'the apps' : name === 'REGISTRY_SECRET_KEY' ? 'a control plane' : 'a gateway'
    return { check, status, detail: `${name} is not set: in production ${who} will not start`, hint: HINT }
  }
  return {
    check,
    status: isOfBoth ? 'warning' : 'skipped',
    detail: `${name} is not set: ${consequence}`,
    hint: HINT,
  }
}

/** What gets one secret out must not give away the others. */
function reused(names: readonly Name[], examination: Examination): Finding[] {
  const users = new Map<string, Set<Name>>()
  for (const name of names) {
    for (const value of listOf(examination.env[name]))
      users.set(value, (users.get(value) ?? new Set()).add(name))
  }
  return [...users.values()]
    .filter((found) => found.size > 1)
    .map((found) => ({
      check: 'secret:reuse',
      status: badInProduction(examination),
      detail: `${[...found].join(' and ')} hold the same secret`,
      hint: 'give each a secret of its own',
    }))
}
