import { defineConfig } from 'tsup'
import { preset } from '../../tsup.preset.ts'

const entries = {
  index: 'src/index.ts',
  'egress/index': 'src/egress/index.ts',
  'hashing/index': 'src/hashing/index.ts',
}

export default defineConfig(
  preset(
    // The worker is found beside the module that starts it, in the sources as in the build.
    { ...entries, 'hashing/bcrypt-worker': 'src/hashing/bcrypt-worker.js' },
    { dts: { entry: entries } },
  ),
)
