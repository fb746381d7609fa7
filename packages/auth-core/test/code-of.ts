import { AuthError } from '../src/index.ts'

/** The code of the AuthError that `run` throws; anything else it does fails the test. */
export function codeOf(run: () => unknown): string {
  try {
    run()
  } catch (error) {
    if (AuthError.is(error)) return error.code
    throw error
  }
  throw new Error('nothing was thrown')
}

/** {@link codeOf} for a promise. */
export async function codeOfRejection(promise: Promise<unknown>): Promise<string> {
  try {
    await promise
  } catch (error) {
    if (AuthError.is(error)) return error.code
    throw error
  }
  throw new Error('nothing was thrown')
}
