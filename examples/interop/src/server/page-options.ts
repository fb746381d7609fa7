import type { PageOptions } from '@portcullis/example-page/server'
import type { Environment } from './environment.ts'

/** How the environment wants the page served. */
export function pageOptions(env: Environment): PageOptions {
  return {
    root: new URL('public', import.meta.url),
    gateway: { url: env.INTEROP_URL, port: env.GATEWAY_PORT, path: '/gw' },
    port: env.DESK_PORT,
    host: env.DESK_HOST,
  }
}
