import { createHash } from 'node:crypto'

const FITS = /^[!-~]{1,256}$/

/**
 * The form in which a message id travels in the `Nats-Msg-Id` header: as it is, or its SHA-256 when it is too long for a
 * header or has what a header line cannot hold. Equal ids stay equal, different ones stay different.
 */
export function messageIdHeader(messageId: string): string {
  return FITS.test(messageId)
    ? messageId
    : `sha256.${createHash('sha256').update(messageId).digest('base64url')}`
}
