import { pageBuild } from '@portcullis/example-page/build'
import { defineConfig } from 'tsup'
import { preset } from '../../tsup.preset.ts'

export default defineConfig([
  preset(
    { server: 'src/server.ts', dev: 'src/dev.ts' },
    // The page is built beside this, at the same time.
    { dts: false, clean: ['!public'] },
  ),
  pageBuild,
])
