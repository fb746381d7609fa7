import { createHash } from 'node:crypto'
import type { FastifyReply, FastifyRequest } from 'fastify'
import { ControlApiError } from '../errors.ts'

/** Entity tags of a list: opaque, weak or strong. @see RFC 9110 §8.8.3 */
const TAG_LIST = /^(?:W\/)?"[\x21\x23-\x7e\x80-\xff]*"(?:[ \t]*,[ \t]*(?:W\/)?"[\x21\x23-\x7e\x80-\xff]*")*$/
const TAG = /(W\/)?"([\x21\x23-\x7e\x80-\xff]*)"/g
const MAX_HEADER_LENGTH = 2048

/**
 * Sends one resource with its `ETag`, or 304 to who has it already.
 *
 * @param version - of the record; without it the tag is computed from the body
 * @see RFC 9110 §8.8.3, §13.1.2
 */
export function sendResource(
  request: FastifyRequest,
  reply: FastifyReply,
  body: unknown,
  version?: string,
): FastifyReply {
  const tag = version ?? createHash('sha256').update(JSON.stringify(body)).digest('base64url')
  reply.headers({ etag: `"${tag}"`, 'cache-control': 'private, no-cache' })
  if (matches(request.headers['if-none-match'], tag)) return reply.code(304).send()
  return reply.send(body)
}

/**
 * The version that a change is of, out of `If-Match`.
 *
 * @param read - what is there now, for `*` and for lists
 * @returns undefined without the header
 * @throws ControlApiError `ERR_REQUEST_INVALID` for a malformed one
 * @see RFC 9110 §13.1.1: a weak tag never matches
 */
export async function ifMatch(
  request: FastifyRequest,
  read: () => Promise<{ readonly version: string } | null>,
): Promise<string | undefined> {
  const header = request.headers['if-match']?.trim()
  if (header === undefined) return undefined
  if (header !== '*' && (header.length > MAX_HEADER_LENGTH || !TAG_LIST.test(header))) {
    throw new ControlApiError('ERR_REQUEST_INVALID', 'If-Match must be an entity tag')
  }
  const tags = strongTags(header)
  if (header !== '*' && tags.length === 1) return tags[0]
  const current = (await read())?.version
  if (current !== undefined && (header === '*' || tags.includes(current))) return current
  // No version is empty: what is not there is said to be so, what is there is another one.
  return ''
}

/**
 * {@link ifMatch} of a change that nobody makes blindly.
 *
 * @throws ControlApiError `ERR_PRECONDITION_REQUIRED` without the header
 * @see RFC 6585 §3
 */
export async function requiredIfMatch(
  request: FastifyRequest,
  read: () => Promise<{ readonly version: string } | null>,
): Promise<string> {
  const version = await ifMatch(request, read)
  if (version === undefined) {
    throw new ControlApiError(
      'ERR_PRECONDITION_REQUIRED',
      'If-Match is missing: read what is to be changed first',
    )
  }
  return version
}

function strongTags(header: string): string[] {
  return [...header.matchAll(TAG)].filter(([, weak]) => weak === undefined).map(([, , tag]) => tag ?? '')
}

/** The weak comparison. @see RFC 9110 §8.8.3.2 */
function matches(header: string | undefined, tag: string): boolean {
  if (header === undefined || header.length > MAX_HEADER_LENGTH) return false
  if (header.trim() === '*') return true
  return [...header.matchAll(TAG)].some(([, , one]) => one === tag)
}
