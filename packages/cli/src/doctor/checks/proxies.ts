import { listOf, type Check } from '../finding.ts'

/** Whose word about the address of a client counts. */
export const proxies: Check = {
  isOnline: false,
  look({ env, production }) {
    const check = 'trusted-proxies'
    const list = listOf(env.TRUSTED_PROXIES)
    const everybody = list.filter((one) => /\/0+$/.test(one))
    if (everybody.length > 0) {
      return [
        {
          check,
          status: 'failed',
          detail: `TRUSTED_PROXIES has ${everybody.join(', ')}: everybody may invent their address, and limits per address mean nothing`,
          hint: 'name the addresses of your proxies',
        },
      ]
    }
    if (list.length > 0)
      return [{ check, status: 'ok', detail: `X-Forwarded-For is believed of ${list.join(', ')}` }]
    if (!production) return [{ check, status: 'ok', detail: 'X-Forwarded-For is believed of nobody' }]
    return [
      {
        check,
        status: 'warning',
        detail:
          'TRUSTED_PROXIES is not set: behind a proxy all clients have one address, and share its limits',
        hint: 'set it to the addresses of your proxies; nothing is to be done where there are none',
      },
    ]
  },
}
