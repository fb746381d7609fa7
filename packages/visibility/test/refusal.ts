import { VisibilityError } from '../src/index.ts'

/** Code and path of the refusal, or whatever else came of it. */
export function refusal(run: () => unknown): unknown {
  try {
    return { returned: run() }
  } catch (error) {
    return VisibilityError.is(error) ? { code: error.code, path: error.path } : error
  }
}
