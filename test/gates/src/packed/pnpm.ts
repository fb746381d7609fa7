import { join } from 'node:path'
import { readManifest, ROOT } from '../repo/workspace.ts'
import { run } from './run.ts'

/** Runs, in the folder `cwd`, the pnpm that runs these tests, or the pinned one through npx when they run without it. */
export function pnpm(args: readonly string[], cwd: string): Promise<string> {
  const options = { cwd, timeoutMs: 120_000 }
  const current = process.env.npm_execpath ?? ''
  if (/pnpm\.c?js$/.test(current)) return run(process.execPath, [current, ...args], options)
  const { packageManager } = readManifest(join(ROOT, 'package.json')) as { packageManager?: string }
  return run('npx', ['--yes', packageManager ?? 'pnpm', ...args], options)
}
