import { ControlApiError } from '../errors.ts'

/**
 * What a list answers to a cursor that came from outside.
 *
 * @throws ControlApiError `ERR_REQUEST_INVALID` where the list throws a TypeError: everything else was checked before
 */
export function fromCursor<Result>(read: () => Result): Result {
  try {
    return read()
  } catch (error) {
    if (!(error instanceof TypeError)) throw error
    throw new ControlApiError('ERR_REQUEST_INVALID', 'the cursor is not valid', { cause: error })
  }
}
