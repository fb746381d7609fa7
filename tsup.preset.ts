import type { Options } from 'tsup'

/** The one build shape of this repository: ESM for Node 20 with declarations, one entry per export of the package. */
export function preset(entry: Record<string, string>, overrides: Options = {}): Options {
  return {
    entry,
    format: 'esm',
    target: 'node20',
    splitting: true,
    sourcemap: true,
    clean: true,
    // tsup hands `baseUrl` to the compiler, which TypeScript 6 reports as deprecated.
    dts: { compilerOptions: { ignoreDeprecations: '6.0' } },
    ...overrides,
  }
}
