import { copyFile } from 'node:fs/promises'
import type { Options } from 'tsup'

const OUTPUT = 'dist/public'
const BASE_STYLE = new URL('../../public/base.css', import.meta.url)

/**
 * How an example builds its page: one script with everything in it, what is in `public`, and `base.css` beside that.
 * The folder it makes is all that is served.
 */
export const pageBuild: Options = {
  entry: { main: 'src/page/main.ts' },
  outDir: OUTPUT,
  format: 'esm',
  platform: 'browser',
  target: 'es2022',
  dts: false,
  sourcemap: true,
  splitting: false,
  minify: true,
  noExternal: [/./],
  publicDir: 'public',
  clean: true,
  onSuccess: () => copyFile(BASE_STYLE, `${OUTPUT}/base.css`),
}
