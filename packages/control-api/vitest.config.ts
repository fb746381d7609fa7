import { defineProject } from 'vitest/config'
import { project } from '../../vitest.preset.ts'

export default defineProject(project('control-api'))
