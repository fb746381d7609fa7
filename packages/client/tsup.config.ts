import { defineConfig } from 'tsup'
import { preset } from '../../tsup.preset.ts'

export default defineConfig(
  preset(
    { index: 'src/index.ts', browser: 'src/browser.ts' },
    {
      dts: {
        // `AsyncDisposable` for those who compile without @types/node; the bundler drops the line in the source.
        banner: '/// <reference lib="esnext.disposable" preserve="true" />',
        compilerOptions: { ignoreDeprecations: '6.0' },
      },
    },
  ),
)
