import type { Check } from '../finding.ts'

/** The oldest Node that everything runs on. */
const OLDEST = [20, 19] as const

/** The version of Node that runs this program, and most likely the apps. */
export const nodeVersion: Check = {
  isOnline: false,
  look() {
    const [major = 0, minor = 0] = process.versions.node.split('.').map(Number)
    const isNewEnough = major > OLDEST[0] || (major === OLDEST[0] && minor >= OLDEST[1])
    const detail = `Node ${process.versions.node}`
    if (isNewEnough) return [{ check: 'node', status: 'ok', detail }]
    return [{ check: 'node', status: 'failed', detail, hint: `install Node ${OLDEST.join('.')} or newer` }]
  },
}
