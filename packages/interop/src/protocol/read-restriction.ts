import { compileRestriction, type Restriction, VisibilityError } from '@portcullis/visibility'
import { InteropError } from '../errors.ts'

/**
 * A restriction as a client sent it; absent, null and '' restrict nothing.
 *
 * @param what - for the refusal, in the plural: "Restrictions"
 * @throws InteropError `ERR_INTEROP_BAD_RESTRICTION` saying where it does not parse
 */
export function readRestriction(text: unknown, what: string): Restriction {
  if (text !== undefined && text !== null && typeof text !== 'string') {
    throw new InteropError('ERR_INTEROP_BAD_RESTRICTION', `${what} must be a string`)
  }
  try {
    return compileRestriction(text)
  } catch (error) {
    if (!VisibilityError.is(error)) throw error
    throw new InteropError('ERR_INTEROP_BAD_RESTRICTION', error.message, { cause: error })
  }
}
