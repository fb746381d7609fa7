import type { UserWorkspaceConfig } from 'vitest/config'

/** What every project of the repository shares: tests run against sources, not builds, of our own packages. */
export function project(name: string, test: UserWorkspaceConfig['test'] = {}): UserWorkspaceConfig {
  return {
    // Node is handed these too: with `import` among them a CommonJS package would be given the ES modules of another.
    ssr: { resolve: { conditions: ['@portcullis/source', 'node'] } },
    test: {
      name,
      include: ['test/**/*.test.ts'],
      testTimeout: 30_000,
      hookTimeout: 120_000,
      ...test,
    },
  }
}
