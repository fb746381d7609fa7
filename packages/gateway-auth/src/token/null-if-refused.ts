import { AuthError } from '@portcullis/auth-core'

/** Null when the token was refused; an outage still rejects, because it says nothing about the token. */
export async function nullIfRefused<T>(verified: Promise<T>): Promise<T | null> {
  try {
    return await verified
  } catch (error) {
    if (AuthError.is(error) && error.statusCode < 500) return null
    throw error
  }
}
