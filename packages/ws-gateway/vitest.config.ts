import { defineProject } from 'vitest/config'
import { project } from '../../vitest.preset.ts'

// A process for each file: these fill buffers, freeze clocks and count what the garbage collector leaves, which the next file
// would notice.
export default defineProject(project('ws-gateway', { isolate: true }))
