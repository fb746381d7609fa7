import { defineConfig } from 'tsup'
import { preset } from '../../tsup.preset.ts'

// Vite empties the folder of the pages itself; what else is in `dist` would be gone with `clean`.
export default defineConfig(preset({ index: 'src/index.ts' }, { clean: false }))
