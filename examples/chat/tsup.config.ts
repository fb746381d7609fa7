import { pageBuild } from '@portcullis/example-page/build'
import { defineConfig } from 'tsup'
import { preset } from '../../tsup.preset.ts'

export default defineConfig([
  preset(
    { worker: 'src/worker.ts', server: 'src/server.ts', dev: 'src/dev.ts', say: 'src/say.ts' },
    // The page is built beside this, at the same time.
    { dts: false, clean: ['!public'] },
  ),
  pageBuild,
])
