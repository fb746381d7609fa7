import { defineConfig } from 'tsup'
import { preset } from '../../tsup.preset.ts'

export default defineConfig(
  preset(
    {
      'build/page-build': 'src/build/page-build.ts',
      'page/index': 'src/page/index.ts',
      'server/index': 'src/server/index.ts',
    },
    { dts: false },
  ),
)
