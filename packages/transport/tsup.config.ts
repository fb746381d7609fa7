import { defineConfig } from 'tsup'
import { preset } from '../../tsup.preset.ts'

export default defineConfig(
  preset({
    index: 'src/index.ts',
    'nats/index': 'src/nats/index.ts',
    'embedded/index': 'src/embedded/index.ts',
    'testing/index': 'src/testing/index.ts',
  }),
)
