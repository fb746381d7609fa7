import type { TestProject } from 'vitest/node'
import { packAll } from './pack.ts'
import type { Tarballs } from './pack.ts'

declare module 'vitest' {
  interface ProvidedContext {
    tarballs: Tarballs
  }
}

/** Packs once for all gates; they get the paths with `inject('tarballs')`. */
export default async function setup(project: TestProject): Promise<() => Promise<void>> {
  const { tarballs, remove } = await packAll()
  project.provide('tarballs', tarballs)
  return remove
}
