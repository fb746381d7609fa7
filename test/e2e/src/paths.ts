import { fileURLToPath } from 'node:url'

const root = new URL('../../../', import.meta.url)

/** The built entry points, as an operator runs them. */
export const GATEWAY: string = fileURLToPath(new URL('apps/gateway/dist/index.js', root))
export const CONTROL_PLANE: string = fileURLToPath(new URL('apps/control-plane/dist/index.js', root))
export const WORKER_CLI: string = fileURLToPath(new URL('packages/worker/bin/portcullis-worker.js', root))
export const COUNTER_WORKER: string = fileURLToPath(new URL('../fixtures/counter-worker.js', import.meta.url))
export const FLAKY_WORKER: string = fileURLToPath(new URL('../fixtures/flaky-worker.js', import.meta.url))
