import { TransportError } from '../errors.ts'

const LITERAL = /^[A-Za-z0-9_-]{1,64}$/
const ENCODED_PREFIX = 'b64-'
/** Longest name a client may choose, bytes of UTF-8. */
export const MAX_NAME_BYTES = 128

// C0, DEL and C1 controls: nothing a person types, everything an injection needs.
// oxlint-disable-next-line no-control-regex
const CONTROL = /[\u0000-\u001f\u007f-\u009f]/

/**
 * Turns a name that a client chose into one NATS subject token. Letters, digits, `_` and `-` up to 64 characters stay as
 * they are; any other printable text becomes `b64-` and the base64url of its UTF-8. The mapping is injective: a literal
 * name that starts with `b64-` is encoded as well.
 *
 * @throws TransportError `ERR_TRANSPORT_SUBJECT_INVALID` for empty, over-long (128 bytes) and malformed names, and for
 *   control characters.
 */
export function encodeToken(name: string): string {
  if (LITERAL.test(name) && !name.startsWith(ENCODED_PREFIX)) return name
  if (name.length === 0) throw invalid('is empty')
  if (name.length > MAX_NAME_BYTES) throw invalid(`is longer than ${MAX_NAME_BYTES} bytes`)
  if (CONTROL.test(name)) throw invalid('contains a control character')
  if (!name.isWellFormed()) throw invalid('is not well-formed Unicode')
  const bytes = Buffer.from(name, 'utf8')
  if (bytes.length > MAX_NAME_BYTES) throw invalid(`is longer than ${MAX_NAME_BYTES} bytes`)
  return ENCODED_PREFIX + bytes.toString('base64url')
}

/** The name behind a token made by `encodeToken`. Tokens of other publishers come back as they are. */
export function decodeToken(token: string): string {
  if (!token.startsWith(ENCODED_PREFIX)) return token
  const name = Buffer.from(token.slice(ENCODED_PREFIX.length), 'base64url').toString('utf8')
  try {
    // Only what encodeToken would have made; anything else is somebody's literal token.
    return encodeToken(name) === token ? name : token
  } catch {
    return token
  }
}

/** Checks an id made by the control plane or a gateway, which is never encoded. */
export function assertLiteralToken(token: string, what: string): string {
  if (!LITERAL.test(token)) {
    throw new TransportError('ERR_TRANSPORT_SUBJECT_INVALID', `${what} must match ${LITERAL.source}`)
  }
  return token
}

function invalid(why: string): TransportError {
  // The name itself stays out of the message: it is the sender's input.
  return new TransportError('ERR_TRANSPORT_SUBJECT_INVALID', `the name ${why}`)
}
