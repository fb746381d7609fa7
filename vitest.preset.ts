/**
 * What every project of the repository shares: tests run against sources, not builds, of our own packages. Told in types
 * of its own, which fit Vitest's whichever copy of it a package resolves.
 */
export function project<Test extends object = object>(name: string, test?: Test): Project & { test: Test } {
  return {
    // Node is handed these too: with `import` among them a CommonJS package would be given the ES modules of another.
    ssr: { resolve: { conditions: ['@portcullis/source', 'node'] } },
    test: {
      name,
      include: ['test/**/*.test.ts'],
      // Ends what hangs, also where several processes start on a machine that is busy.
      testTimeout: 60_000,
      hookTimeout: 120_000,
      // Files of a project follow each other in one process, which has loaded the sources and what they import once. What a
      // test does to the process it undoes; of mocks and stubs Vitest sees to that.
      isolate: false,
      restoreMocks: true,
      unstubEnvs: true,
      unstubGlobals: true,
      ...test,
    } as Project['test'] & Test,
  }
}

interface Project {
  ssr: { resolve: { conditions: string[] } }
  test: {
    name: string
    include: string[]
    testTimeout: number
    hookTimeout: number
    isolate: boolean
    restoreMocks: boolean
    unstubEnvs: boolean
    unstubGlobals: boolean
  }
}
