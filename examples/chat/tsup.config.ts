import { defineConfig } from 'tsup'
import { preset } from '../../tsup.preset.ts'

const shared = { dts: false, sourcemap: true }

export default defineConfig([
  preset(
    { worker: 'src/worker.ts', server: 'src/server.ts', dev: 'src/dev.ts', say: 'src/say.ts' },
    // The page is built beside this, at the same time.
    { ...shared, clean: ['!public'] },
  ),
  {
    ...shared,
    entry: { main: 'src/page/main.ts' },
    outDir: 'dist/public',
    format: 'esm',
    platform: 'browser',
    target: 'es2022',
    splitting: false,
    minify: true,
    noExternal: [/./],
    publicDir: 'public',
    clean: true,
  },
])
