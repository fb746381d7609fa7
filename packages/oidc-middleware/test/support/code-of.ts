import { AuthError } from '@portcullis/auth-core'
import { expect } from 'vitest'

/** The refusal of a verification, which must be an AuthError. */
export async function refusalOf(promise: Promise<unknown>): Promise<AuthError> {
  const error: unknown = await promise.then(
    () => undefined,
    (reason: unknown) => reason,
  )
  expect(AuthError.is(error)).toBe(true)
  return error as AuthError
}

/** The code of {@link refusalOf}. */
export async function codeOf(promise: Promise<unknown>): Promise<string> {
  return (await refusalOf(promise)).code
}
