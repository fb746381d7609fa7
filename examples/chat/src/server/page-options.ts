import type { PageOptions } from '@portcullis/example-page/server'
import type { Environment } from './environment.ts'

/** How the environment wants the page served. */
export function pageOptions(env: Environment): PageOptions {
  return {
    root: new URL('public', import.meta.url),
    gateway: { url: env.GATEWAY_URL, port: env.GATEWAY_PORT, path: '/ws' },
    console: { url: env.CONTROL_PLANE_URL, port: env.CONTROL_PLANE_PORT },
    port: env.CHAT_PORT,
    host: env.CHAT_HOST,
  }
}
