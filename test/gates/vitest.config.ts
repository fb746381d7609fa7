import { defineProject } from 'vitest/config'
import { project } from '../../vitest.preset.ts'

export default defineProject(
  project('gates', {
    globalSetup: ['src/packed/global-setup.ts'],
    // Each of these runs npm, which is busy enough by itself.
    maxConcurrency: 2,
    testTimeout: 120_000,
  }),
)
