import { readdirSync, readFileSync, writeFileSync } from 'node:fs'
import { join } from 'node:path'
import { brotliCompressSync, gzipSync } from 'node:zlib'
import react from '@vitejs/plugin-react'
import { defineConfig, type Plugin } from 'vite'

export default defineConfig({
  root: 'src/pages',
  plugins: [react(), compressed()],
  build: {
    outDir: '../../dist/pages',
    emptyOutDir: true,
    target: 'es2022',
    // Older ones do not know `light-dark()`, which would be rewritten.
    cssTarget: ['chrome123', 'edge123', 'firefox124', 'safari17.5'],
    // A `data:` URL would need a wider content security policy.
    assetsInlineLimit: 0,
    modulePreload: { polyfill: false },
    // Beside the document, where it is published and not served. With "license" in its name, packing would take it for the
    // package's own and leave that out.
    license: { fileName: 'third-party-notices.md' },
    chunkSizeWarningLimit: 700,
  },
})

/** Puts compressed files beside the assets, so that serving them compresses nothing. */
function compressed(): Plugin {
  return {
    name: 'compressed',
    apply: 'build',
    writeBundle({ dir = '' }) {
      const assets = join(dir, 'assets')
      for (const name of readdirSync(assets)) {
        const content = readFileSync(join(assets, name))
        writeFileSync(join(assets, `${name}.br`), brotliCompressSync(content))
        writeFileSync(join(assets, `${name}.gz`), gzipSync(content, { level: 9 }))
      }
    },
  }
}
