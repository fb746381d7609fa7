import { defineConfig } from 'vitest/config'

export default defineConfig({
  test: {
    projects: ['packages/*', 'apps/*', 'examples/*', 'test/*'],
    // Downloads and installs happen here, where no test's timeout runs.
    globalSetup: ['test/servers/src/prepare.ts'],
    // CI has two cores; more workers only make timing-sensitive parts compete.
    maxWorkers: 2,
  },
})
