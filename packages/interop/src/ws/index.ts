export { attachInterop, type AttachInteropOptions } from './attach-interop.ts'
export { createInteropUpgrade, type InteropUpgrade, type InteropUpgradeOptions } from './interop-upgrade.ts'
