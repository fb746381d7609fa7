import { defineProject } from 'vitest/config'
import { project } from '../../vitest.preset.ts'

// What a page shows follows what it asked for, and machines that run tests are busy.
export default defineProject(project('console', { expect: { poll: { timeout: 10_000, interval: 20 } } }))
